import { type Follow, followReasons, type Message } from "./reasons.ts";

const encoder = new TextEncoder();

/**
 * Gives a `fetch` for one stream that writes a `delete` into the log for each row that a `move-out` takes away:
 * `Shape` and `useShape` ignore the `move-out` itself, and would show those rows on. Of rows that came before
 * the offset that a stream was started with, it knows nothing.
 */
export function withDeletes(fetchClient: typeof fetch): typeof fetch {
  let followLog = followReasons();
  let handle: string | null = null;
  return async (input, init) => {
    const response = await fetchClient(input, init);
    const { body, headers } = response;
    if (!response.ok || !body) return response;
    const follow: Follow = (messages) => {
      const newest = headers.get("electric-handle");
      if (newest !== handle) followLog = followReasons();
      handle = newest;
      return followLog(messages);
    };
    const isSse = headers.get("content-type")?.includes("event-stream");
    const followed = isSse
      ? body.pipeThrough(new TextDecoderStream()).pipeThrough(followEvents(follow))
      : whenRead(response, follow);
    return new Response(followed, response);
  };
}

/**
 * A body that is made only once it is read: the official client asks for some ahead and may drop them, and
 * what it hasn't seen mustn't count as followed.
 */
function whenRead(response: Response, follow: Follow): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      let text = await response.text();
      // What a shape without subqueries hasn't needn't be looked for twice.
      if (/"(tags|event)"/.test(text)) {
        const answer: Message[] | { data: Message[] } = JSON.parse(text);
        // The rows of a subset query come in an object, and none of them leaves.
        if ("data" in answer) follow(answer.data);
        else text = JSON.stringify(follow(answer));
      }
      controller.enqueue(encoder.encode(text));
      controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Holds events back until the log is up to date, as the official client does: what is cut off comes again. */
function followEvents(follow: Follow): TransformStream<string, Uint8Array> {
  let rest = "";
  let held: Message[] = [];
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        // Others are there to keep the connection open.
        if (!line.startsWith("data:")) continue;
        const message: Message = JSON.parse(line.slice(5));
        held.push(message);
        if (message.headers.control !== "up-to-date") continue;
        for (const each of follow(held)) {
          controller.enqueue(encoder.encode(`data:${JSON.stringify(each)}\n\n`));
        }
        held = [];
      }
    },
  });
}
