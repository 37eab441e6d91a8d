/** What went over a connection: one request and its response so far, as bytes. */
interface Tapped {
  request: string;
  response: Uint8Array;
}

/**
 * A TCP relay between a proxy and the sync service that writes down what both say, so that a
 * proxy's response can be compared with the very one that it got.
 */
export class Tap implements AsyncDisposable {
  readonly #listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  readonly #tapped: Tapped[] = [];
  readonly #open = new Set<Deno.Conn>();
  readonly #done: Promise<void>;

  constructor(private readonly upstream: number) {
    this.#done = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** The response to the one request that holds `mark`, as far as it has come. */
  responseTo(mark: string): Uint8Array {
    const found = this.#tapped.filter(({ request }) => request.includes(mark));
    const [only] = found;
    if (only === undefined || found.length > 1) {
      throw new Error(`${found.length} requests upstream with ${mark}`);
    }
    return only.response;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#close(...this.#open);
    await this.#done;
  }

  async #accept(): Promise<void> {
    const relays: Promise<void>[] = [];
    for await (const client of this.#listener) relays.push(this.#relay(client));
    await Promise.all(relays);
  }

  async #relay(client: Deno.Conn): Promise<void> {
    const server = await Deno.connect({ port: this.upstream, hostname: "127.0.0.1" });
    this.#open.add(client).add(server);
    let current: Tapped | undefined;
    const up = this.#pump(client, server, (bytes) => {
      // Neither side pipelines: what comes after a response is the next request.
      if (current === undefined || current.response.length > 0) {
        current = { request: "", response: new Uint8Array() };
        this.#tapped.push(current);
      }
      current.request += new TextDecoder().decode(bytes);
    });
    const down = this.#pump(server, client, (bytes) => {
      if (current !== undefined) {
        current.response = new Uint8Array([...current.response, ...bytes]);
      }
    });
    await Promise.all([up, down]);
  }

  /** Copies until either side is gone, then ends both. */
  async #pump(from: Deno.Conn, to: Deno.Conn, see: (bytes: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(65536);
    try {
      for (let size; (size = await from.read(buffer)) !== null;) {
        see(buffer.subarray(0, size));
        await to.write(buffer.slice(0, size));
      }
    } catch {
      // The other side has hung up.
    }
    this.#close(from, to);
  }

  #close(...connections: readonly Deno.Conn[]): void {
    for (const connection of connections) {
      if (this.#open.delete(connection)) connection.close();
    }
  }
}
