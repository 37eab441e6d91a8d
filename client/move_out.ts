import { follow, type Message, type Rows } from "./reasons.ts";

const encoder = new TextEncoder();

/**
 * Gives what writes a `delete` into one stream's log for each row that a `move-out` takes away: `Shape` and
 * `useShape` ignore the `move-out` itself, and would show those rows on. It takes an answer, and the query that
 * asked for it. Of rows that came before the offset that a stream was started with, it knows nothing.
 *
 * What the client didn't get whole, it asks for again: from an offset where it is known what was known.
 */
export function withDeletes(): (response: Response, query: URLSearchParams) => Response {
  let rows: Rows = new Map();
  const mark = (offset: string | null) => {
    const there = { offset, rows };
    rows = new Map(rows);
    return there;
  };
  /** Where the client has the log up to, for all we know. */
  let start = mark(null);

  const startAt = (offset: string | null) => {
    if (offset === start.offset) rows = start.rows;
    // After a must-refetch.
    if (offset === "-1") rows = new Map();
    start = mark(offset);
  };

  const rewriteJson = (text: string, offset: string | null) => {
    // What a shape without subqueries hasn't needn't be looked for twice.
    if (!/"(tags|event)"/.test(text)) return text;
    const answer: Message[] | { data: Message[] } = JSON.parse(text);
    if ("data" in answer) {
      // The rows of a subset query have no place in the log, and none of them leaves.
      for (const known of [start.rows, rows]) follow(answer.data, known);
      return text;
    }
    startAt(offset);
    return JSON.stringify(follow(answer, rows));
  };

  const rewriteEvents = (offset: string | null) => {
    let rest = "";
    startAt(offset);
    let end = start;
    return new TransformStream<string, Uint8Array>({
      // Runs once the client asks for more, and so has what was given to it.
      transform(chunk, controller) {
        start = end;
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        let events = "";
        for (const line of lines) {
          // Others are there to keep the connection open.
          if (!line.startsWith("data:")) continue;
          const message: Message = JSON.parse(line.slice(5));
          for (const each of follow([message], rows)) events += `data:${JSON.stringify(each)}\n\n`;
          const { control, global_last_seen_lsn } = message.headers;
          if (control === "up-to-date") end = mark(`${global_last_seen_lsn}_0`);
        }
        controller.enqueue(encoder.encode(events));
      },
    });
  };

  return (response, query) => {
    const { body } = response;
    if (!response.ok || !body) return response;
    const offset = query.get("offset");
    const followed = query.has("live_sse")
      ? body.pipeThrough(new TextDecoderStream()).pipeThrough(rewriteEvents(offset))
      : whenRead(async () => rewriteJson(await response.text(), offset));
    return new Response(followed, response);
  };
}

/**
 * A body that is made only once it is read: the official client asks for some ahead and may drop them, and
 * what it hasn't seen mustn't count as followed.
 */
function whenRead(make: () => Promise<string>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(encoder.encode(await make()));
      controller.close();
    },
  }, { highWaterMark: 0 });
}
