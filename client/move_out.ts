import { type Message, Reasons } from "./reasons.ts";

/** What a shape without subqueries hasn't, so that its log needn't be read twice. */
const MAY_HAVE_REASONS = /"(tags|event)"/;

/** What a body is followed with: takes a batch of messages, gives it with the deletes. */
type Follow = (messages: readonly Message[]) => Message[];

/**
 * Gives a `fetch` for one stream that writes a `delete` into the log for each row that a `move-out` takes away:
 * `Shape` and `useShape` ignore the `move-out` itself, and would show those rows on. Of rows that came before
 * the offset that a stream was started with, it knows nothing.
 */
export function withDeletes(fetchClient: typeof fetch): typeof fetch {
  const reasons = new Reasons();
  let handle: string | null = null;
  let keys: string[] = [];
  return async (input, init) => {
    const response = await fetchClient(input, init);
    const { body, headers } = response;
    const { searchParams } = new URL(input instanceof Request ? input.url : input);
    const newest = headers.get("electric-handle");
    // With an expired handle it is an old answer from a cache, which the official client throws away.
    if (!response.ok || !body || newest === searchParams.get("expired_handle")) return response;
    keys = readKeys(headers.get("electric-schema")) ?? keys;
    const follow: Follow = (messages) => {
      if (newest !== handle) reasons.clear();
      handle = newest;
      return reasons.follow(messages, (value) => {
        if (searchParams.get("replica") === "full" || keys.length === 0) return value;
        return Object.fromEntries(keys.map((key) => [key, value[key]]));
      });
    };
    const isSse = headers.get("content-type")?.startsWith("text/event-stream");
    const followed = isSse
      ? body.pipeThrough(new TextDecoderStream()).pipeThrough(followEvents(follow))
      : whenRead(async () => {
        const text = await response.text();
        return reasons.isEmpty && !MAY_HAVE_REASONS.test(text) ? text : followText(text, follow);
      });
    return new Response(followed, response);
  };
}

/** Names of the primary key's columns, without which a `delete` can't say which row it means. */
function readKeys(schema: string | null): string[] | undefined {
  if (schema === null) return undefined;
  const columns: Record<string, object> = JSON.parse(schema);
  return Object.keys(columns).filter((name) => "pk_index" in (columns[name] ?? {}));
}

const encoder = new TextEncoder();

/**
 * A body that is made only once it is read: the official client asks for some ahead and may drop them, and
 * what it hasn't seen mustn't count as followed.
 */
function whenRead(text: () => Promise<string>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(encoder.encode(await text()));
      controller.close();
    },
  }, { highWaterMark: 0 });
}

function followText(text: string, follow: Follow): string {
  const answer: Message[] | { data?: Message[] } = JSON.parse(text || "[]");
  // The rows of a subset query come in an object.
  const messages = Array.isArray(answer) ? answer : answer.data ?? [];
  const followed = follow(messages);
  return followed.length === messages.length ? text : JSON.stringify(followed);
}

/** Holds events back until the log is up to date, as the official client does: what is cut off comes again. */
function followEvents(follow: Follow): TransformStream<string, Uint8Array> {
  let rest = "";
  let held: Message[] = [];
  return new TransformStream({
    transform(chunk, controller) {
      const send = (event: string) => controller.enqueue(encoder.encode(`${event}\n\n`));
      const events = (rest + chunk).split(/\r?\n\r?\n/);
      rest = events.pop() ?? "";
      for (const event of events) {
        if (!event.startsWith("data:")) {
          send(event);
          continue;
        }
        const message: Message = JSON.parse(event.slice("data:".length));
        held.push(message);
        if (message.headers.control !== "up-to-date") continue;
        for (const each of follow(held)) send(`data: ${JSON.stringify(each)}`);
        held = [];
      }
    },
  });
}
