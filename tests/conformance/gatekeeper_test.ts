import assert from "node:assert/strict";
import { ShapeStream } from "@electric-sql/client";
import { decodeJwt } from "jose";
import { freePort } from "../support/free_port.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { rawRequest, type RawResponse } from "../support/raw_http.ts";
import { BUN, NODE_22, NODE_24 } from "../runtimes/binaries.ts";
import { startNodeGatekeeper } from "../runtimes/servers.ts";
import { whyMissing } from "../support/npm_binary.ts";
import { AUTH_SECRET, type Env, type RunningServer, startGatekeeper } from "../support/servers.ts";

const JSON_BODY = [["content-type", "application/json"]] as const;
const FORM_BODY = [["content-type", "application/x-www-form-urlencoded"]] as const;
const ELECTRIC_URL = `http://127.0.0.1:${freePort()}`;

const running = new AsyncDisposableStack();
let database: TestPostgres;
/** On the runtime that a test is about: one that names the edge in its answers, and one that is its own proxy. */
let gatekeeper: RunningServer;
let second: RunningServer;

interface Runtime {
  readonly name: string;
  /** Why it can't be run on this machine, or `null`. */
  readonly missing: string | null;
  readonly start: (env: Env) => Promise<RunningServer>;
}

const RUNTIMES: readonly Runtime[] = [
  { name: "gatekeeper", missing: null, start: startGatekeeper },
  ...[NODE_22, NODE_24, BUN].map((binary) => ({
    name: `gatekeeper on ${binary.name} ${binary.version}`,
    missing: whyMissing(binary),
    start: startNodeGatekeeper(binary),
  })),
];
const started = new Map<string, readonly [RunningServer, RunningServer]>();

Deno.test.beforeAll(async () => {
  database = running.use(await testPostgres());
  const env = {
    DATABASE_URL: database.url,
    ELECTRIC_URL,
    ELECTRIC_PROXY_URL: "https://sync.example/functions/v1/edge/",
    AUTH_AUDIENCE: "items-app",
  };
  for (const { name, missing, start } of RUNTIMES) {
    if (missing !== null) continue;
    const first = running.use(await start(env));
    started.set(name, [first, running.use(await start({ ...env, ELECTRIC_PROXY_URL: "" }))]);
  }
});
Deno.test.afterAll(() => running.disposeAsync());

/** Defines a test on each runtime. */
function test(what: string, fn: () => void | Promise<void>): void {
  for (const { name, missing } of RUNTIMES) {
    Deno.test({
      name: `${name}: ${what}${missing ? ` (skipped: ${missing})` : ""}`,
      ignore: missing !== null,
      fn: async () => {
        const servers = started.get(name);
        assert(servers !== undefined);
        [gatekeeper, second] = servers;
        await fn();
      },
    });
  }
}

interface Post {
  readonly table?: string;
  readonly query?: string;
  readonly body?: unknown;
}

/** Posts to the first gatekeeper; a body that isn't a text goes as JSON. */
function post({ table = "items", query = "", body }: Post = {}): Promise<RawResponse> {
  return rawRequest(gatekeeper.port, {
    method: "POST",
    target: `/gatekeeper/${table}${query && `?${query}`}`,
    headers: typeof body === "string" ? FORM_BODY : JSON_BODY,
    body: typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body),
  });
}

/** Checks a refusal, and that it left one line in the log and no token anywhere. */
async function assertRefused(
  status: number,
  says: RegExp,
  ask: () => Promise<RawResponse>,
): Promise<RawResponse> {
  const { lines } = gatekeeper.process;
  const before = lines.length;
  const response = await ask();
  assert.equal(response.status, status, response.text);
  const body: unknown = JSON.parse(response.text);
  assert(typeof body === "object" && body !== null && "message" in body);
  assert.deepEqual(Object.keys(body), ["message"]);
  assert.match(String(body.message), says);
  assert.equal(response.header("cache-control"), "no-store");
  assert.equal(response.header("access-control-allow-origin"), "*");
  assert.doesNotMatch(response.text + JSON.stringify(response.headers), /eyJ|Bearer|password/);
  for (let i = 0; lines.length === before && i < 50; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.equal(lines.length, before + 1, lines.slice(before).join("\n"));
  assert.match(
    lines[before] ?? "",
    new RegExp(`^gatekeeper: [A-Z]+ /gatekeeper/.* ${status}(: .+)?$`),
  );
  return response;
}

test("the answer for a whole table is exactly the contract's", async () => {
  const response = await post();
  assert.equal(response.status, 200);
  assert.equal(response.header("content-type"), "application/json");
  assert.equal(response.header("cache-control"), "no-store");
  assert.equal(response.header("access-control-allow-origin"), "*");
  const { headers, expires_at, ...rest } = JSON.parse(response.text);
  assert.deepEqual(rest, {
    url: "https://sync.example/functions/v1/edge/v1/shape",
    params: { table: "items" },
    table: "items",
  });
  assert.deepEqual(Object.keys(headers), ["Authorization"]);
  const claims = decodeJwt(headers.Authorization.replace(/^Bearer /, ""));
  const { iat = 0, nbf, exp = 0, jti, iss, aud, shape } = claims;
  assert.deepEqual([iss, aud, nbf, exp - iat], ["gatekeeper", "items-app", iat, 7200]);
  assert.match(jti ?? "", /^[\w-]{20,}$/);
  assert.match(expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(Date.parse(expires_at), exp * 1000);
  assert(typeof shape === "object" && shape !== null);
  const given = Object.entries(shape).filter(([, value]) => value !== null);
  assert.deepEqual(given, [["table", "items"]]);
});

test("the url is the gatekeeper's own proxy unless ELECTRIC_PROXY_URL says else", async () => {
  const response = await fetch(`${second.url}/gatekeeper/items`, { method: "POST" });
  const { url } = await response.json();
  assert.equal(url, `http://localhost:${second.port}/proxy/v1/shape`);
});

test("every way to say a shape leads to one answer and one claim", async () => {
  const where = "value = $1 or value = $2";
  const columns = ["id", "value"];
  const rest = `where=${encodeURIComponent(where)}&replica=full`;
  const ways: Post[] = [
    { body: { where, columns, params: ["a", "b"], replica: "full" } },
    { body: { where, columns: "value,id", params: { 1: "a", 2: "b" }, replica: "full" } },
    { body: { where, columns: ['"id"', "value"], params: { 2: "b", 1: "a" }, replica: "full" } },
    { query: `${rest}&columns=ID,%22value%22&params[1]=a&params[2]=b` },
    { body: `${rest}&columns=id%2Cvalue&params%5B2%5D=b&params%5B1%5D=a` },
    { query: "replica=full&columns=id,value", body: { where, params: ["a", "b"] } },
    { table: "public.items", body: { where, columns, params: ["a", "b"], replica: "full" } },
    {
      table: "%22items%22",
      body: { table: "ITEMS", where, columns, params: ["a", "b"], replica: "full" },
    },
  ];
  for (const way of ways) {
    const response = await post(way);
    assert.equal(response.status, 200, response.text);
    const { url: _url, headers, expires_at: _expires, ...answer } = JSON.parse(response.text);
    const copies = { table: "items", where, columns, replica: "full" };
    assert.deepEqual(answer, { params: { ...copies, params: { 1: "a", 2: "b" } }, ...copies });
    const { shape } = decodeJwt(headers.Authorization.replace(/^Bearer /, ""));
    assert.deepEqual(shape, { namespace: null, ...copies, params: { 1: "a", 2: "b" } });
  }
});

test("the answer spreads into the official client, whose request the proxy accepts", async () => {
  const response = await fetch(`${second.url}/gatekeeper/items`, {
    method: "POST",
    body: JSON.stringify({ where: "value = $1", columns: ["id", "value"], params: ["a"] }),
  });
  const config = await response.json();
  const answered = Promise.withResolvers<number>();
  const aborter = new AbortController();
  const stream = new ShapeStream({
    ...config,
    signal: aborter.signal,
    fetchClient: async (...request: Parameters<typeof fetch>) => {
      const answer = await fetch(...request);
      answered.resolve(answer.status);
      return answer;
    },
    onError: () => {},
  });
  const unsubscribe = stream.subscribe(() => {});
  // Nothing listens in Electric's place: a 502 says that token and shape were fine.
  assert.equal(await answered.promise, 502);
  unsubscribe();
  aborter.abort();
});

/** Bad input, with the status and the field that the message must name. */
const BAD: readonly (readonly [what: string, status: number, says: RegExp, Post])[] = [
  ["an unknown table", 403, /nothing_here/, { table: "nothing_here" }],
  ["a system table", 403, /pg_authid/, { table: "pg_catalog.pg_authid" }],
  ["the migrations' bookkeeping under a wrong name", 403, /"Items"/, { table: "%22Items%22" }],
  ["a name of 64 characters", 400, /table/, { table: "x".repeat(64) }],
  ["an unclosed quote", 400, /table/, { table: "%22unclosed" }],
  ["a table that isn't UTF-8", 400, /table/, { table: "%ff" }],
  ["a table twice", 400, /table/, { body: { table: "other" } }],
  ["empty columns in the query", 400, /columns/, { query: "columns=" }],
  ["an empty list of columns", 400, /columns/, { body: { columns: [] } }],
  ["a blank in a list of columns", 400, /columns/, { body: { columns: ["id", " "] } }],
  ["a blank in a comma text", 400, /columns/, { body: { columns: "id,,value" } }],
  ["a blank after a comma", 400, /columns/, { body: { columns: "id, value" } }],
  ["a column of 64 characters", 400, /columns/, { body: { columns: ["id", "x".repeat(64)] } }],
  ["an unknown column", 400, /columns.*nope/, { body: { columns: ["id", "nope"] } }],
  ["columns without the primary key", 400, /columns.*id/, { body: { columns: ["value"] } }],
  ["columns twice", 400, /columns/, { query: "columns=id", body: { columns: ["id"] } }],
  ["a number as columns", 400, /columns/, { body: { columns: 1 } }],
  ["params without where", 400, /params/, { body: { params: ["a"] } }],
  ["a where without its params", 400, /params/, { body: { where: "value = $1" } }],
  ["too many params", 400, /params/, { body: { where: "value = $1", params: ["a", "b"] } }],
  ["params with a gap", 400, /params/, { body: { where: "value = $2", params: { 2: "a" } } }],
  ["a number in params", 400, /params/, { body: { where: "value = $1", params: [1] } }],
  ["params as a text", 400, /params/, { body: { where: "value = $1", params: "a" } }],
  ["a where that isn't SQL", 400, /where/, { body: { where: "value = = 1" } }],
  ["a where of an unknown column", 400, /where.*nope/, { body: { where: "nope = 1" } }],
  ["a where that ends the statement", 400, /where/, { body: { where: "true; select 1" } }],
  ["a where that leaves its parentheses", 400, /where/, { body: { where: "true) or (true" } }],
  ["a where with more clauses", 400, /where/, { body: { where: "true limit 1" } }],
  ["a where that isn't a condition", 400, /where/, { body: { where: "1" } }],
  ["a blank where", 400, /where/, { body: { where: " " } }],
  ["a where with a line break", 400, /where/, { body: { where: "true\n" } }],
  ["an unknown replica", 400, /replica/, { body: { replica: "half" } }],
  ["an unknown key in the body", 400, /colums/, { body: { colums: ["id"] } }],
  ["an unknown key in the query", 400, /filter/, { query: "filter=x" }],
  ["an unknown key in a form", 400, /filter/, { body: "filter=x" }],
  ["queryable_columns of a client", 400, /queryable_columns/, {
    body: { queryable_columns: ["id"] },
  }],
  ["a body that is a list", 400, /body/, { body: [1] }],
  ["JSON in a form", 400, /body/, { body: '{"where":"true"}' }],
  ["a body of 2 MB", 413, /64 KiB/, { body: { where: "x".repeat(2_000_000) } }],
  ["a form of 2 MB", 413, /64 KiB/, { body: `where=${"x".repeat(2_000_000)}` }],
];

for (const [what, status, says, bad] of BAD) {
  Deno.test(`${what} is ${status}, without a token, with one line in the log`, async () => {
    await assertRefused(status, says, () => post(bad));
  });
}

test("a body that is neither JSON nor a form is 400", async () => {
  for (
    const [type, body] of [["application/json", "{"], ["text/csv", "{}"], ["", "\xff"]] as const
  ) {
    await assertRefused(400, /body/, () =>
      rawRequest(gatekeeper.port, {
        method: "POST",
        target: "/gatekeeper/items",
        headers: type ? [["content-type", type]] : [],
        body: Uint8Array.from(body, (char) => char.charCodeAt(0)),
      }));
  }
});

test("other methods are 405 and a preflight 204", async () => {
  for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
    const ask = { method, target: "/gatekeeper/items" };
    const response = await assertRefused(405, /POST/, () => rawRequest(gatekeeper.port, ask));
    assert.equal(response.header("allow"), "POST, OPTIONS");
  }
  const ask = { method: "OPTIONS", target: "/gatekeeper/items" };
  const response = await rawRequest(gatekeeper.port, ask);
  assert.equal(response.status, 204);
  assert.equal(response.header("access-control-allow-methods"), "POST, OPTIONS");
  assert.match(response.header("access-control-allow-headers") ?? "", /authorization/i);
});

test("other paths are 404", async () => {
  const paths = ["/", "/gatekeeper/", "/gatekeeper/a/b", "/Gatekeeper/items", "/gatekeeper/items/"];
  const more = ["/gatekeeper/shapes/", "/gatekeeper/shapes/a/b", "/gatekeeper/shapes/nothing"];
  for (const target of [...paths, ...more, "/health/", "//health"]) {
    const response = await rawRequest(gatekeeper.port, { method: "POST", target });
    assert.equal(response.status, 404, target);
    assert.match(response.text, /gatekeeper/);
  }
});

test("a list is answered with a list, each with its own status", async () => {
  const asked = [{ table: "items" }, { table: "nothing_here" }, { shape: "nothing" }];
  const response = await rawRequest(gatekeeper.port, {
    method: "POST",
    target: "/gatekeeper",
    headers: JSON_BODY,
    body: JSON.stringify(asked),
  });
  assert.equal(response.status, 200, response.text);
  assert.equal(response.header("cache-control"), "no-store");
  const [items, ...others]: Record<string, unknown>[] = JSON.parse(response.text);
  assert.deepEqual(items, { status: 200, ...JSON.parse((await post()).text) });
  assert.deepEqual(others.map(({ status }) => status), [403, 404]);
  for (const body of ["", "{}", "[]"]) {
    const ask = { method: "POST", target: "/gatekeeper", headers: JSON_BODY, body };
    assert.equal((await rawRequest(gatekeeper.port, ask)).status, 400, body);
  }
  const preflight = await rawRequest(gatekeeper.port, { method: "OPTIONS", target: "/gatekeeper" });
  assert.equal(preflight.status, 204);
});

test("named shapes are listed, none here, and their list is beside a table of that name", async () => {
  const target = "/gatekeeper/shapes";
  const response = await rawRequest(gatekeeper.port, { target });
  assert.deepEqual([response.status, response.text], [200, '{"shapes":[]}']);
  assert.equal((await rawRequest(gatekeeper.port, { method: "POST", target })).status, 403);
});

test("without Postgres it is 503, never a token; it recovers by itself", async () => {
  await database.stop();
  try {
    for (const body of [undefined, { where: "true" }]) {
      const response = await assertRefused(503, /database/, () => post({ body }));
      assert.match(response.header("retry-after") ?? "", /^\d+$/);
    }
    assert.equal((await rawRequest(gatekeeper.port, { target: "/health" })).status, 503);
  } finally {
    await database.start();
  }
  for (let i = 0; (await post()).status !== 200; i++) {
    assert(i < 50, "doesn't recover");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test("its log tells no token and no secret", () => {
  const log = gatekeeper.process.lines.join("\n");
  assert(!log.includes(AUTH_SECRET));
  assert.doesNotMatch(log, /eyJ|password/);
  assert.doesNotMatch(log, /unexpected/);
});
