import {
  headerOf,
  HttpReader,
  joinBytes,
  type Pairs,
  type Source,
  sourceOf,
  writeAll,
} from "./http_reader.ts";

/** A request as it goes over the socket. */
export interface RawRequest {
  /** By default, GET. */
  readonly method?: string;
  /** Path and query, sent as they are. */
  readonly target: string;
  /** Besides `host`. */
  readonly headers?: Pairs;
  /** Sent with its `content-length`; a list is sent chunked, a piece a chunk. */
  readonly body?: string | Uint8Array | readonly string[];
  /** Milliseconds that the response's head may take; by default, 10,000. */
  readonly patience?: number;
}

/** A response as it came over the socket; the body without its framing. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Pairs;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly text: string;
  /** The first header of this name, in lower case. */
  header(name: string): string | undefined;
}

/** A response whose body is still coming. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Pairs;
  /** The body's pieces, as they arrive. */
  readonly pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** The same, on a socket that closes when it is disposed. */
export type OpenResponse = ResponseHead & Disposable;

/** Sends one request over a fresh socket and gives the whole response. */
export async function rawRequest(port: number, request: RawRequest): Promise<RawResponse> {
  using response = await openRequest(port, request);
  const { status, headers } = response;
  const body = joinBytes(await Array.fromAsync(response.pieces));
  const text = new TextDecoder().decode(body);
  return { status, headers, body, text, header: (name) => headerOf(headers, name) };
}

/** Sends one request over a fresh socket and gives the response when its head is there. */
export async function openRequest(port: number, request: RawRequest): Promise<OpenResponse> {
  const socket = await sendRequest(port, request);
  const late = Promise.withResolvers<never>();
  // More than any deadline under test.
  const { patience = 10_000 } = request;
  const silent = new Error(`no response within ${patience} ms`);
  const timer = setTimeout(() => late.reject(silent), patience);
  try {
    const response = readResponse(sourceOf(socket), request.method);
    response.catch(() => {}); // it is awaited below, or too late
    return {
      ...await Promise.race([response, late.promise]),
      [Symbol.dispose]: () => socket.close(),
    };
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the response to a request with this method from where its bytes come. */
export async function readResponse(source: Source, method?: string): Promise<ResponseHead> {
  const reader = new HttpReader(source);
  const head = await reader.head();
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head?.line ?? "")?.[1]);
  if (head === undefined || Number.isNaN(status)) throw new Error(`no response: ${head?.line}`);
  const { headers } = head;
  const bare = method === "HEAD" || status === 204 || status === 304;
  return { status, headers, pieces: reader.body(bare ? [] : headers, !bare) };
}

/** Sends one request over a fresh socket and gives the socket, for the caller to close. */
export async function sendRequest(port: number, request: RawRequest): Promise<Deno.TcpConn> {
  const { method = "GET", target, headers = [], body } = request;
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const framing: Pairs = bytes === undefined
    ? []
    : bytes instanceof Uint8Array
    ? [["content-length", `${bytes.length}`]]
    : [["transfer-encoding", "chunked"]];
  socket.setNoDelay();
  const lines = [["host", `127.0.0.1:${port}`], ...headers, ...framing]
    .map(([name, value]) => `${name}: ${value}\r\n`);
  await writeAll(socket, `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  // A server may answer before it has read a body that it refuses.
  await writeBody(socket, bytes ?? []).catch(() => {});
  return socket;
}

async function writeBody(socket: Deno.Conn, body: Uint8Array | readonly string[]): Promise<void> {
  if (body instanceof Uint8Array) return await writeAll(socket, body);
  for (const piece of body) {
    await writeAll(socket, `${piece.length.toString(16)}\r\n${piece}\r\n`);
  }
  if (body.length > 0) await writeAll(socket, "0\r\n\r\n");
}
