/** Header names and values as sent, in order. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** The value of the first header of this name, whatever its case. */
export function headerOf(headers: Pairs, name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1];
}

/** One character a byte, so that no byte is lost. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Gives the next bytes of a socket, or `null` after the last. */
export type Source = () => Promise<Uint8Array | null>;

/** A socket's bytes, read when asked for; a broken connection counts as closed. */
export function sourceOf(socket: Deno.Conn): Source {
  const buffer = new Uint8Array(65536);
  return async () => {
    const size = await socket.read(buffer).catch(() => null);
    return size === null ? null : buffer.slice(0, size);
  };
}

/** Reads HTTP/1.1 messages byte by byte, with nothing added, inflated or decoded. */
export class HttpReader {
  #rest = new Uint8Array();

  constructor(private readonly source: Source) {}

  /** The first line and the headers, or `undefined` when the other side has closed. */
  async head(): Promise<{ line: string; headers: Pairs } | undefined> {
    const line = await this.#line();
    if (line === undefined) return undefined;
    const headers: [string, string][] = [];
    for (let text; (text = await this.#line());) {
      const colon = text.indexOf(":");
      headers.push([text.slice(0, colon), text.slice(colon + 1).trim()]);
    }
    return { line, headers };
  }

  /**
   * The body's pieces as they arrive, without their framing (RFC 9112 section 6); throws when the
   * other side closes before the end. `toEnd`: where nothing tells the length, the close does.
   */
  async *body(headers: Pairs, toEnd: boolean): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    if (headerOf(headers, "transfer-encoding") === "chunked") return yield* this.#chunks();
    const length = headerOf(headers, "content-length");
    let left = length === undefined ? toEnd ? Infinity : 0 : Number(length);
    while (left > 0 && (this.#rest.length > 0 || await this.#more())) {
      const piece = this.#take(Math.min(left, this.#rest.length));
      left -= piece.length;
      yield piece;
    }
    if (length !== undefined && left > 0) throw new Error(`${left} bytes of the body are missing`);
  }

  async *#chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const size = parseInt(await this.#line() ?? "", 16);
      if (Number.isNaN(size)) throw new Error("the last chunk is missing");
      while (this.#rest.length < size) if (!await this.#more()) throw new Error("chunk cut short");
      if (size > 0) yield this.#take(size);
      await this.#line();
      if (size === 0) return;
    }
  }

  async #line(): Promise<string | undefined> {
    for (let from = 0;;) {
      const end = this.#rest.indexOf(10, from);
      if (end !== -1) return latin1(this.#take(end + 1)).replace(/\r?\n$/, "");
      from = this.#rest.length;
      if (!await this.#more()) return undefined;
    }
  }

  #take(size: number): Uint8Array<ArrayBuffer> {
    const taken = this.#rest.slice(0, size);
    this.#rest = this.#rest.subarray(size);
    return taken;
  }

  async #more(): Promise<boolean> {
    const bytes = await this.source();
    if (bytes === null) return false;
    this.#rest = joinBytes([this.#rest, bytes]);
    return true;
  }
}

/** Puts pieces together. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Writes all of a text (one byte a character) or of bytes to a socket. */
export async function writeAll(socket: Deno.Conn, data: string | Uint8Array): Promise<void> {
  let rest = typeof data === "string" ? Uint8Array.from(data, (c) => c.charCodeAt(0)) : data;
  while (rest.length > 0) rest = rest.subarray(await socket.write(rest));
}
