/** A message of a shape's log. */
export type LogMessage = Record<string, unknown>;

const SCHEMA = {
  id: { type: "int4", not_null: true, pk_index: 0 },
  org_id: { type: "int4" },
  title: { type: "text" },
};

/** A gatekeeper and a sync service for one shape, whose log is what the test adds to it. */
export class LogServer implements AsyncDisposable {
  #batches: LogMessage[][] = [];
  #generation = 1;
  #cursor = 0;
  #wake: () => void = () => {};
  /** Cuts the next Server-Sent Events off before their `up-to-date`. */
  cutsOffOnce = false;
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => this.#answer(request),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Adds what one answer holds; the `up-to-date` at its end may be left out. */
  add(messages: LogMessage[]): void {
    this.#batches.push(messages.filter(({ headers }) => !isUpToDate(headers)));
    this.#wake();
  }

  /** Lets clients fetch anew: `messages` are all there is. */
  rotate(messages: LogMessage[]): void {
    this.#generation++;
    this.#batches = [];
    this.add(messages);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams: query } = new URL(request.url);
    if (pathname.startsWith("/gatekeeper")) return Response.json(this.#grant());
    const handle = `handle-${this.#generation}`;
    const given = query.get("handle");
    const headers = {
      "electric-handle": handle,
      "electric-schema": JSON.stringify(SCHEMA),
      // Electric names one where a request waits for changes, and never the same twice for long.
      ...(query.has("live") && { "electric-cursor": String(++this.#cursor) }),
    };
    if (given !== null && given !== handle) {
      const body = [{ headers: { control: "must-refetch" } }];
      return Response.json(body, { status: 409, headers });
    }
    const body = request.method === "POST" ? await request.text() : "";
    if (body !== "" || [...query.keys()].some((name) => name.startsWith("subset__"))) {
      return this.#subset(headers);
    }
    const offset = query.get("offset") ?? "-1";
    const from = offset === "now" ? this.#batches.length : Number(offset.split("_")[0]);
    const start = Math.max(0, from);
    if (query.get("live_sse") === "true") return this.#events(start, headers, request.signal);
    if (query.has("live")) await this.#change(start);
    const messages = this.#batches.slice(start).flat();
    return Response.json([...messages, { headers: { control: "up-to-date" } }], {
      headers: {
        ...headers,
        "electric-offset": `${this.#batches.length}_0`,
        "electric-up-to-date": "",
      },
    });
  }

  /** All rows that have ever come, as they came first: a subset query reads the table. */
  #subset(headers: Record<string, string>): Response {
    const metadata = { xip_list: [], xmin: "1", xmax: "1", snapshot_mark: 1, database_lsn: "0" };
    const data = this.#batches[0] ?? [];
    return Response.json({ metadata, data: data.filter((message) => "key" in message) }, {
      headers: { ...headers, "electric-snapshot": "true", "electric-offset": "1_0" },
    });
  }

  #events(start: number, headers: Record<string, string>, signal: AbortSignal): Response {
    const generation = this.#generation;
    const encoder = new TextEncoder();
    let at = start;
    const body = new ReadableStream({
      pull: async (controller) => {
        const send = (text: string) => controller.enqueue(encoder.encode(text));
        send(": keep-alive\n\n");
        await this.#change(at);
        if (signal.aborted || generation !== this.#generation) return controller.close();
        const messages = this.#batches.slice(at).flat();
        at = this.#batches.length;
        for (const message of messages) {
          // In two pieces, as a network may have it.
          const event = `data: ${JSON.stringify(message)}\n\n`;
          send(event.slice(0, 20));
          send(event.slice(20));
        }
        if (this.cutsOffOnce && messages.length > 0) {
          this.cutsOffOnce = false;
          return controller.close();
        }
        const upToDate = { control: "up-to-date", global_last_seen_lsn: String(at) };
        send(`data: ${JSON.stringify({ headers: upToDate })}\n\n`);
      },
    });
    return new Response(body, {
      headers: {
        ...headers,
        "content-type": "text/event-stream",
        "electric-offset": `${start}_0`,
        "electric-up-to-date": "",
      },
    });
  }

  /** Waits until there is more than `start` batches, or a moment. */
  async #change(start: number): Promise<void> {
    if (this.#batches.length !== start) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((done) => {
      const before = this.#wake;
      this.#wake = () => (before(), done());
      timer = setTimeout(done, 200);
    });
    clearTimeout(timer);
  }

  #grant() {
    return {
      url: `${this.url}/v1/shape`,
      headers: { Authorization: "Bearer token" },
      params: { table: "docs" },
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    };
  }
}

function isUpToDate(headers: unknown): boolean {
  return typeof headers === "object" && headers !== null && "control" in headers &&
    headers.control === "up-to-date";
}
