/** What a client asks for: a table or a named shape, and the rest. */
export type Question = { table?: string; shape?: string } & Record<string, unknown>;

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "authorization,content-type",
  "access-control-expose-headers": "*",
};

/** A gatekeeper and a proxy in front of one growing shape, on a socket each, to renew tokens against. */
export class Servers implements AsyncDisposable {
  /** Tokens the gatekeeper has signed, the last being the newest. */
  readonly signed: string[] = [];
  /** Credentials the gatekeeper was given, one a request. */
  readonly credentials: (string | null)[] = [];
  /** What the gatekeeper was asked: path and body, one a request. */
  readonly asked: { readonly path: string; readonly body: unknown }[] = [];
  /** The token that each request to the proxy carried. */
  readonly tokens: string[] = [];
  /** Statuses that the proxy answered. */
  readonly statuses: number[] = [];
  /** Seconds that a token lives. */
  lifetime = 7200;
  /** Set to answer with this status instead of a token, or instead of the shape. */
  gatekeeperStatus: number | undefined;
  proxyStatus: number | undefined;
  /** The same for the next request only. */
  proxyStatusOnce: number | undefined;
  /** The shape as signed, by what was asked. */
  shapeOf: (question: Question, credentials: string | null) => Record<string, unknown> = () => ({
    table: "items",
  });
  /** Names of tables and shapes that nobody gets. */
  readonly refused = new Set<string>();
  /** Shapes that the proxy was asked for, one a request. */
  readonly shapes: URLSearchParams[] = [];
  /** Requests for a shape that their token isn't for. */
  readonly mixedUp: string[] = [];
  /** Requests that the gatekeeper answered at the same time, at most. */
  mostAtOnce = 0;
  #atOnce = 0;
  /** When each token was signed, in milliseconds of a clock that nobody sets. */
  readonly signedAt: number[] = [];
  /** Milliseconds that a request waits for changes. */
  hold = 1000;
  /** Milliseconds that the gatekeeper takes. */
  delay = 0;
  readonly #signedShapes: string[] = [];
  readonly #expiries: number[] = [];
  #rows = 0;
  #revoked = 0;
  readonly #stopped = new Map<string, AbortController>();
  #gatekeeper = this.#serveAt(0, "gatekeeper");
  #proxy = this.#serveAt(0, "proxy");

  get gatekeeperUrl(): string {
    return `http://127.0.0.1:${this.#gatekeeper.addr.port}`;
  }

  /** Lets the proxy refuse all tokens signed so far. */
  revoke(): void {
    this.#revoked = this.signed.length;
  }

  /** Stops one of the two for so many milliseconds, in the midst of its requests. */
  async restart(which: "gatekeeper" | "proxy", ms: number): Promise<void> {
    const isGatekeeper = which === "gatekeeper";
    const { port } = (isGatekeeper ? this.#gatekeeper : this.#proxy).addr;
    this.#stopped.get(which)?.abort();
    await (isGatekeeper ? this.#gatekeeper : this.#proxy).finished;
    await sleep(ms);
    if (isGatekeeper) this.#gatekeeper = this.#serveAt(port, which);
    else this.#proxy = this.#serveAt(port, which);
  }

  /** Adds a row to the shape; gives its id. */
  add(): string {
    return String(++this.#rows);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#gatekeeper.shutdown(), this.#proxy.shutdown()]);
  }

  #serveAt(port: number, which: "gatekeeper" | "proxy"): Deno.HttpServer<Deno.NetAddr> {
    const stopped = new AbortController();
    this.#stopped.set(which, stopped);
    return Deno.serve(
      { port, hostname: "127.0.0.1", onListen: () => {}, signal: stopped.signal },
      async (request) => {
        if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
        const response = which === "gatekeeper"
          ? await this.#sign(request)
          : await this.#serve(request);
        for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
        return response;
      },
    );
  }

  async #sign(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const credentials = request.headers.get("authorization");
    this.credentials.push(credentials);
    const body = await request.json().catch(() => undefined);
    this.asked.push({ path: pathname, body });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    await sleep(this.delay);
    this.#atOnce--;
    if (this.gatekeeperStatus !== undefined) {
      return Response.json({ message: "Ask someone else." }, { status: this.gatekeeperStatus });
    }
    if (request.method !== "POST" || !pathname.startsWith("/gatekeeper")) {
      return Response.json({ message: "Not here." }, { status: 404 });
    }
    if (Array.isArray(body)) return Response.json(body.map((one) => this.#grant(one, credentials)));
    const [, , name = "", named] = pathname.split("/");
    const question = named === undefined ? { ...body, table: name } : { shape: named, args: body };
    const { status, ...answer } = this.#grant(question, credentials);
    return Response.json(answer, { status });
  }

  #grant(question: Question, credentials: string | null) {
    if (this.refused.has(question.table ?? question.shape ?? "")) {
      return { status: 403, message: "Not yours." };
    }
    const token = `Bearer token-${this.signed.length + 1}`;
    const params = this.shapeOf(question, credentials);
    const expiry = Date.now() + this.lifetime * 1000;
    this.signed.push(token);
    this.signedAt.push(performance.now());
    // One that has expired on arrival is of a server whose clock is behind.
    this.#expiries.push(this.lifetime > 0 ? expiry : Infinity);
    this.#signedShapes.push(shapeQuery(params));
    return {
      status: 200,
      url: `http://127.0.0.1:${this.#proxy.addr.port}/v1/shape`,
      headers: { Authorization: token },
      params,
      expires_at: new Date(expiry).toISOString(),
    };
  }

  async #serve(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams;
    const authorization = request.headers.get("authorization") ?? "";
    this.tokens.push(authorization);
    const token = this.signed.indexOf(authorization);
    const shape = new URLSearchParams(
      [...query].filter(([name]) => /^(table|where|columns|replica|params\[)/.test(name)),
    );
    shape.sort();
    this.shapes.push(shape);
    if (token >= 0 && this.#signedShapes[token] !== shape.toString()) this.mixedUp.push(`${shape}`);
    const handle = encodeURIComponent(`${shape}`);
    const isStale = query.has("handle") && query.get("handle") !== handle;
    const known = token >= this.#revoked && Date.now() < (this.#expiries[token] ?? 0);
    const status = this.proxyStatusOnce ?? this.proxyStatus ?? (!known ? 401 : isStale ? 409 : 200);
    this.proxyStatusOnce = undefined;
    this.statuses.push(status);
    if (status === 409) {
      const body = [{ headers: { control: "must-refetch" } }];
      return Response.json(body, { status, headers: { "electric-handle": handle } });
    }
    if (status !== 200) return Response.json({ message: "No." }, { status });
    const from = Math.max(0, Number(query.get("offset")?.split("_")[0]));
    for (
      let waited = 0;
      query.has("live") && from === this.#rows && waited < this.hold;
      waited += 10
    ) {
      await sleep(10);
    }
    const changes = Array.from({ length: this.#rows - from }, (_, index) => ({
      key: `"public"."items"/"${from + index + 1}"`,
      value: { id: String(from + index + 1) },
      headers: { operation: "insert" },
    }));
    return Response.json([...changes, { headers: { control: "up-to-date" } }], {
      headers: {
        "electric-handle": handle,
        "electric-offset": `${this.#rows}_0`,
        "electric-schema": '{"id":{"type":"text"}}',
        ...(query.has("live") && { "electric-cursor": String(this.statuses.length) }),
        "electric-up-to-date": "",
      },
    });
  }
}

/** A signed shape as the official client writes it, sorted. */
function shapeQuery(shape: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(shape)) {
    if (typeof value === "string") query.set(name, value);
    else if (Array.isArray(value)) query.set(name, value.map((column) => `"${column}"`).join());
    else if (typeof value === "object" && value !== null) {
      for (const [number, text] of Object.entries(value)) {
        query.set(`${name}[${number}]`, `${text}`);
      }
    }
  }
  query.sort();
  return query.toString();
}

/** Waits until `condition` holds; fails after ten seconds, or as many milliseconds. */
export async function until(condition: () => boolean, within = 10_000): Promise<void> {
  for (const end = performance.now() + within; !condition(); await sleep(10)) {
    if (performance.now() > end) throw new Error(`not within ${within} ms: ${condition}`);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
