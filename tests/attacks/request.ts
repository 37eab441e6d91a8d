import type { Pairs } from "../support/http_reader.ts";

/** How a body is told from the next request (RFC 9112 section 6), rightly or not. */
export type Framing = "length" | "chunked" | "both" | "short" | "long" | "none";

/** A request as an attacker writes it. */
export interface AttackRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Pairs;
  readonly body?: string;
  readonly framing?: Framing;
}

/** Writes a request, with text as UTF-8, one character a byte. */
export function writeRequest(request: AttackRequest): string {
  const { method = "GET", target, headers = [], body, framing = "length" } = request;
  const bytes = body === undefined ? "" : utf8(body);
  const host: Pairs = headers.some(([name]) => name.toLowerCase() === "host")
    ? []
    : [["host", "x"]];
  const lines = [
    ...host,
    ...headers,
    ...body === undefined ? [] : framingOf(framing, bytes.length),
  ];
  const head = lines.map(([name, value]) => `${name}: ${utf8(value)}\r\n`).join("");
  const chunked = body !== undefined && (framing === "chunked" || framing === "both");
  const sent = chunked ? `${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n` : bytes;
  return `${method} ${utf8(target)} HTTP/1.1\r\n${head}\r\n${sent}`;
}

/** A query of names and values, encoded as a browser would. */
export function writeQuery(pairs: Pairs): string {
  return pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
}

function framingOf(framing: Framing, length: number): Pairs {
  const off = framing === "short" ? -1 : framing === "long" ? 1 : 0;
  const size: Pairs = [["content-length", `${Math.max(0, length + off)}`]];
  const chunked: Pairs = [["transfer-encoding", "chunked"]];
  if (framing === "none") return [];
  return framing === "chunked" ? chunked : framing === "both" ? [...size, ...chunked] : size;
}

function utf8(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
