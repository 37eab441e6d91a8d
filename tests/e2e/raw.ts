/** Names and values as sent, in order. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** A request as it goes over the socket. */
export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Pairs;
  readonly body?: string;
}

/** A response as it came over the socket; the body without its framing. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Pairs;
  readonly body: Uint8Array;
}

/**
 * Sends one request over a fresh socket and reads the response to its end, or until its text holds
 * `cutAfter`. No client library is in between, so nothing is added, inflated or decoded.
 */
export async function exchange(
  port: number,
  request: RawRequest,
  cutAfter?: string,
): Promise<RawResponse> {
  using connection = await Deno.connect({ port, hostname: "127.0.0.1" });
  const body = new TextEncoder().encode(request.body ?? "");
  const length: Pairs = request.body === undefined ? [] : [["content-length", `${body.length}`]];
  const head = [
    ["host", `localhost:${port}`],
    ["connection", "close"],
    ...request.headers,
    ...length,
  ]
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const text = `${request.method} ${request.target} HTTP/1.1\r\n${head}\r\n`;
  await connection.write(new Uint8Array([...new TextEncoder().encode(text), ...body]));
  let bytes = new Uint8Array();
  const buffer = new Uint8Array(65536);
  for (let size; (size = await connection.read(buffer)) !== null;) {
    bytes = new Uint8Array([...bytes, ...buffer.subarray(0, size)]);
    if (cutAfter !== undefined && latin1(bytes).includes(cutAfter)) break;
  }
  return parseResponse(bytes, request.method, cutAfter !== undefined);
}

/** Reads a response's bytes; a body that ends early is an error unless `cut` allows it. */
export function parseResponse(bytes: Uint8Array, method: string, cut = false): RawResponse {
  const text = latin1(bytes);
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (end === -1 || Number.isNaN(status)) throw new Error(`not a response: ${text.slice(0, 200)}`);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const rest = text.slice(end + 4);
  const empty = method === "HEAD" || status === 204 || status === 304;
  const body = empty ? rest : unframe(rest, new Map(headers), cut);
  return { status, headers, body: Uint8Array.from(body, (char) => char.charCodeAt(0)) };
}

function unframe(rest: string, headers: ReadonlyMap<string, string>, cut: boolean): string {
  if (headers.get("transfer-encoding") !== "chunked") {
    const length = Number(headers.get("content-length") ?? rest.length);
    if (rest.length !== length && !cut) throw new Error(`${rest.length} of ${length} bytes`);
    return rest;
  }
  let body = "";
  for (let at = 0;;) {
    const line = rest.indexOf("\r\n", at);
    const size = line === -1 ? NaN : parseInt(rest.slice(at, line), 16);
    if (size === 0) return body;
    if (Number.isNaN(size) || rest.length < line + 2 + size) {
      if (cut) return body + (line === -1 ? "" : rest.slice(line + 2));
      throw new Error("the last chunk is missing");
    }
    body += rest.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

/** One character a byte, so that text and bytes have the same positions. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}
