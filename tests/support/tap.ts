import {
  HttpReader,
  joinBytes,
  latin1,
  type Pairs,
  type Source,
  sourceOf,
  writeAll,
} from "./http_reader.ts";

/** A request as it arrived. */
export interface TappedRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Pairs;
  readonly body: string;
  /** Settles when the other side closes the connection, or when the tap does. */
  readonly closed: Promise<void>;
}

/** What the tap answers. */
export interface TapAnswer {
  readonly status?: number;
  /** Sent as they are, framing included: say `content-length` or `transfer-encoding` yourself. */
  readonly headers?: Pairs;
  /** Sent as it is. */
  readonly body?: string | Uint8Array;
  /** Called when the head is out, to send the rest piece by piece. */
  readonly stream?: (write: (data: string) => Promise<void>) => Promise<void>;
}

/** `hang`: never an answer. `cut`: the connection closes without one. */
export type TapReply = TapAnswer | "hang" | "cut";

/** What a tap answers unless told otherwise. */
const OK: TapAnswer = { headers: [["content-length", "2"]], body: "[]" };

/** An HTTP upstream in Electric's place: writes down each request and answers what it is told. */
export class Tap implements AsyncDisposable {
  readonly requests: TappedRequest[] = [];
  /** What the next requests are answered with. */
  answer: TapReply | ((request: TappedRequest) => TapReply) = OK;
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #port = this.#listener.addr.port;
  readonly #sockets = new Set<Deno.Conn>();
  #done = this.#accept(this.#listener);

  /** Base URL. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Forgets the requests so far, and answers `answer` from now on. */
  reset(answer: Tap["answer"] = OK): void {
    this.requests.length = 0;
    this.answer = answer;
  }

  /** The one request since {@link Tap.reset}. */
  get request(): TappedRequest {
    const [request] = this.requests;
    if (request === undefined || this.requests.length > 1) {
      throw new Error(`${this.requests.length} requests arrived upstream, not one`);
    }
    return request;
  }

  /** Waits until a request has arrived. */
  async arrived(): Promise<TappedRequest> {
    for (let i = 0; this.requests.length === 0 && i < 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.request;
  }

  /** Refuses connections until {@link Tap.resume}, as a server that is down. */
  async pause(): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) this.#close(socket);
    await this.#done;
  }

  /** Listens again on the same port. */
  resume(): void {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.#port });
    this.#done = this.#accept(this.#listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.pause();
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const socket of listener) served.push(this.#serve(socket));
    await Promise.all(served);
  }

  async #serve(socket: Deno.TcpConn): Promise<void> {
    socket.setNoDelay();
    this.#sockets.add(socket);
    const { source, closed } = readAhead(socket);
    try {
      await this.#converse(socket, new HttpReader(source), closed);
    } catch {
      // The other side has closed, or the test has.
    }
    this.#close(socket);
    await closed;
  }

  async #converse(socket: Deno.Conn, reader: HttpReader, closed: Promise<void>): Promise<void> {
    for (let head; (head = await reader.head()) !== undefined;) {
      const [method = "", target = ""] = head.line.split(" ");
      const headers = head.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
      const body = latin1(joinBytes(await Array.fromAsync(reader.body(headers, false))));
      const request = { method, target, headers, body, closed };
      this.requests.push(request);
      const reply = typeof this.answer === "function" ? this.answer(request) : this.answer;
      if (reply === "cut") return;
      if (reply !== "hang") await Promise.race([send(socket, reply), closed]);
    }
  }

  #close(socket: Deno.Conn): void {
    if (this.#sockets.delete(socket)) socket.close();
  }
}

async function send(socket: Deno.Conn, answer: TapAnswer): Promise<void> {
  const { status = 200, headers = [], body = "", stream } = answer;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await writeAll(socket, `HTTP/1.1 ${status} Tapped\r\n${lines}\r\n`);
  await writeAll(socket, body);
  await stream?.((data) => writeAll(socket, data));
}

/** Reads before it is asked to, so that a hang-up is noticed while an answer is on its way. */
function readAhead(socket: Deno.Conn): { source: Source; closed: Promise<void> } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({}, {
    highWaterMark: Infinity,
  });
  const [writer, reader] = [writable.getWriter(), readable.getReader()];
  const next = sourceOf(socket);
  const pump = async () => {
    for (let bytes; (bytes = await next()) !== null;) await writer.write(bytes);
    await writer.close();
  };
  const source = async () => (await reader.read()).value ?? null;
  return { source, closed: pump() };
}
