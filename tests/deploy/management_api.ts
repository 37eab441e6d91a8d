import assert from "node:assert/strict";

/** The project that the stand-in knows. */
export const PROJECT = "abcdefghijklmnopqrst";
/** The one access token that it takes; the CLI wants this form. */
export const TOKEN = `sbp_${"0123456789".repeat(4)}`;

/** A function as the CLI uploaded it. */
export interface Deployed {
  /** The whole of the upload's `metadata`. */
  readonly metadata: unknown;
  /** By path. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Supabase's management API, as far as deploying functions and setting secrets needs it. A request
 * that the real one would refuse throws here, and the CLI gets a 400 with the reason.
 */
export class ManagementApi implements AsyncDisposable {
  /** By slug. */
  readonly functions = new Map<string, Deployed>();
  readonly secrets = new Map<string, string>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#answer(request).catch(refuse),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    assert.equal(request.headers.get("authorization"), `Bearer ${TOKEN}`);
    assert.ok(pathname.startsWith(`/v1/projects/${PROJECT}`), `unknown project: ${pathname}`);
    const route = `${request.method} ${pathname.slice(`/v1/projects/${PROJECT}`.length)}`;
    if (route === "GET ") return Response.json(project());
    if (route === "GET /functions") return Response.json([]);
    if (route === "POST /secrets") return await this.#setSecrets(request);
    if (route === "PUT /functions") return Response.json({ functions: await request.json() });
    assert.equal(route, "POST /functions/deploy");
    return await this.#deploy(searchParams.get("slug") ?? "", request);
  }

  async #deploy(slug: string, request: Request): Promise<Response> {
    assert.match(slug, /^[A-Za-z][\w-]*$/);
    const files = new Map<string, string>();
    const form = await request.formData();
    for (const [name, part] of form) {
      if (typeof part === "string") continue;
      assert.equal(name, "file");
      assert.doesNotMatch(part.name, /^\/|(^|\/)\.\.(\/|$)/, "a path that leaves the bundle");
      files.set(part.name, await part.text());
    }
    this.functions.set(slug, { metadata: JSON.parse(`${form.get("metadata")}`), files });
    const times = { created_at: 1, updated_at: 1 };
    const answer = { id: slug, slug, name: slug, version: 1, status: "ACTIVE", ...times };
    return Response.json(answer, { status: 201 });
  }

  async #setSecrets(request: Request): Promise<Response> {
    for (const { name, value } of await request.json()) {
      assert.doesNotMatch(name, /^SUPABASE_/, "names that Supabase keeps for itself");
      this.secrets.set(name, value);
    }
    return Response.json({}, { status: 201 });
  }
}

function refuse(error: unknown): Response {
  return Response.json({ message: error instanceof Error ? error.message : "?" }, { status: 400 });
}

function project() {
  const database = { host: "db", version: "17", postgres_engine: "17", release_channel: "ga" };
  const times = { created_at: "2026-01-01T00:00:00Z", status: "ACTIVE_HEALTHY" };
  const ids = { id: PROJECT, ref: PROJECT, organization_id: "o", organization_slug: "o" };
  return { ...ids, name: "stand-in", region: "eu-central-1", ...times, database };
}
