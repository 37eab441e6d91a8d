import { answerTo, invalidRequest, Refusal } from "../../shared/refusal.ts";

/** As much of Node's `http.IncomingMessage` as counts here. */
export interface IncomingMessage extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
  resume?(): unknown;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: string[];
}

/** As much of Node's `http.ServerResponse` as counts here. */
export interface ServerResponse {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  writeHead(status: number, headers: string[]): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  once(event: "close" | "drain", listener: () => void): unknown;
  off(event: "close" | "drain", listener: () => void): unknown;
}

/** What answers requests: one of our servers, or an app of a framework's that mounts one. */
export interface Fetching {
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/**
 * Makes a listener for Node's `http.createServer`, for Express and whatever else takes one.
 *
 * ```ts ignore
 * http.createServer(toNodeListener(createEdge())).listen(8000);
 * ```
 */
export function toNodeListener(
  server: Fetching,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  return async (incoming, outgoing) => {
    const left = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) left.abort();
    });
    try {
      const response = await answerFor(incoming, left.signal, server);
      await send(response, incoming.method === "HEAD", outgoing);
      // What is left of a body that was refused goes, so that the connection stays of use.
      incoming.resume?.();
    } catch {
      // The client has left, or upstream broke off: there is nobody to tell, and no way to.
      outgoing.destroy();
    }
  };
}

async function answerFor(
  incoming: IncomingMessage,
  signal: AbortSignal,
  server: Fetching,
): Promise<Response> {
  try {
    return await server.fetch(toRequest(incoming, signal));
  } catch (error) {
    if (error instanceof Refusal) return answerTo(error);
    throw error;
  }
}

/** Throws a {@link Refusal} for what a `Request` of Node's couldn't say as it came. */
function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url: target = "/" } = incoming;
  const headers = toHeaders(incoming.rawHeaders);
  const url = toUrl(target);
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    if (!hasBody) return new Request(url, { method, headers, signal });
    const init = { method, headers, signal, body: toStream(incoming), duplex: "half" };
    return new Request(url, init);
  } catch {
    // Such as TRACE, which no `Request` can have (Fetch standard, 2.2.1).
    throw new Refusal(405, "method_not_allowed", "Use one of: GET, HEAD, POST, OPTIONS.", {
      allow: "GET, HEAD, POST, OPTIONS",
    });
  }
}

/** Nobody's path, so that the server gives its own 404. */
const NOBODYS = "http://localhost/.well-known/nothing";

/**
 * The URL of a target. A `Request` normalises paths, and what a path means must not depend on who reads
 * it: one that doesn't stay as it came is nobody's.
 */
function toUrl(target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  // Behind `#`, a URL is no longer what is sent.
  const url = URL.parse(`http://localhost${target.replaceAll("#", "%23")}`);
  const isAsItCame = url !== null && target.startsWith("/") && url.pathname === path;
  return isAsItCame ? url.href : NOBODYS;
}

function toHeaders(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    // HTTP/2's own, such as `:path`.
    if (name.startsWith(":")) continue;
    try {
      headers.append(name, raw[i + 1] ?? "");
    } catch {
      throw invalidRequest("A header can't be read.");
    }
  }
  return headers;
}

function toStream(incoming: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pieces = incoming.iterator?.({ destroyOnReturn: false }) ??
    incoming[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      // Not awaited: it settles when the next piece comes, which may be never.
      Promise.resolve(pieces.return?.()).catch(() => {});
    },
    // Nothing is read ahead: what nobody reads stays Node's.
  }, { highWaterMark: 0 });
}

async function send(
  { status, headers, body }: Response,
  isHead: boolean,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.writeHead(status, [...headers].flat());
  if (body === null || isHead) {
    await body?.cancel();
    outgoing.end();
    return;
  }
  // Not by flushHeaders, which writes what isn't ASCII twice encoded.
  outgoing.write(new Uint8Array(0));
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => {});
  outgoing.once("close", leave);
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    const hasRoom = outgoing.write(value);
    if (!hasRoom) await untilDrained(outgoing);
  }
  outgoing.off("close", leave);
  outgoing.end();
}

/** Until a slow client has taken what was written, or has left. */
function untilDrained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.once("drain", go);
    outgoing.once("close", go);
    if (outgoing.destroyed) go();
  });
}
