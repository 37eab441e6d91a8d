import assert from "node:assert/strict";
import { ask } from "./follow.ts";
import { joinBytes, latin1, type Pairs } from "../support/http_reader.ts";
import {
  openRequest,
  type RawRequest,
  readResponse,
  type ResponseHead,
} from "../support/raw_http.ts";
import { AUTH_SECRET, startEdge214 } from "../support/servers.ts";
import { Stack } from "./stack.ts";
import { Tap } from "./tap.ts";

/** RFC 9110 section 7.6.1. */
const HOP_BY_HOP = /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*)$/;
const ENCODINGS = [undefined, "gzip, br"] as const;

/** More than the 20 s that a live poll is held. */
const PATIENCE = 30_000;

/** A proxy under test. */
interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** Whether it may add `Content-Encoding: identity`, the one way to keep Deno 2.1 from compressing. */
  readonly mayName: boolean;
}

/** A response as it came, or as far as it did; the body without its framing. */
interface Got {
  readonly status: number;
  readonly headers: Pairs;
  readonly body: string;
}

/** One kind of exchange; `table` and `shape` say which token it needs. */
interface Kind extends Partial<RawRequest> {
  readonly name: string;
  readonly shape?: Record<string, unknown>;
  readonly table?: string;
  readonly query: string;
  readonly status: number;
  /** Done once all requests of this kind are held. */
  readonly meanwhile?: () => Promise<unknown>;
  readonly cutAfter?: string;
  /** What the body must hold. */
  readonly holds?: string;
  /** Whether the sync service, asked directly, says the same again. */
  readonly asksFirst?: boolean;
  readonly repeatable?: boolean;
}

Deno.test("responses pass byte for byte", async (t) => {
  await using stack = await Stack.start();
  const { sql } = stack;
  const sync = await stack.addSync();
  await using tap = new Tap(sync.port);
  await using olderEdge = await startEdge214({ ELECTRIC_URL: tap.url, AUTH_SECRET });
  const edge = await stack.addEdge(tap.url);
  const gatekeeper = await stack.addGatekeeper(tap.url);
  const targets: Target[] = [
    { name: "edge", port: edge.port, path: "/v1/shape", mayName: false },
    { name: "edge on Deno 2.1.4", port: olderEdge.port, path: "/v1/shape", mayName: true },
    { name: "/proxy", port: gatekeeper.port, path: "/proxy/v1/shape", mayName: false },
  ];

  const run = async (kind: Kind) => {
    const { method = "GET", body, query, shape = {}, table = "items" } = kind;
    const { headers } = await ask(gatekeeper.url, table, shape);
    const runs = targets.flatMap((target) => ENCODINGS.map((encoding) => ({ target, encoding })));
    const asked = runs.map(async ({ target, encoding }) => {
      const mark = `00-${crypto.randomUUID().replaceAll("-", "")}-0000000000000001-00`;
      const common: Pairs = [
        ["traceparent", mark],
        ...encoding === undefined ? [] : [["accept-encoding", encoding] as const],
        ...kind.headers ?? [],
      ];
      const request = { method, headers: common, ...(body !== undefined && { body }) };
      const got = await exchange(target.port, {
        ...request,
        target: `${target.path}?${query}`,
        headers: [...common, ...Object.entries(headers)],
      }, kind.cutAfter);
      const label = `${kind.name}, ${target.name}, accept-encoding ${encoding ?? "none"}`;
      assert.equal(
        got.status,
        kind.status,
        `${label}: ${got.body.slice(0, 300)}`,
      );
      assert.ok(got.body.includes(kind.holds ?? ""), label);
      if (kind.asksFirst === true) {
        // The answer to the proxy's own question.
        const direct = await exchange(sync.port, { ...request, target: `/v1/shape?${query}` });
        const handleOf = ({ headers }: Got) => new Map(headers).get("electric-handle");
        assert.deepEqual([got.body, handleOf(got)], [direct.body, handleOf(direct)], label);
        assert.equal(new Map(got.headers).get("cache-control"), "no-store", label);
        return;
      }
      const relayed = ReadableStream.from([tap.responseTo(mark)]).getReader();
      const source = async () => (await relayed.read()).value ?? null;
      const sent = await readAll(await readResponse(source, method), kind.cutAfter);
      assert.deepEqual(
        essence(got, target.mayName && encoding !== undefined),
        essence(withVary(sent), false),
        label,
      );
      if (kind.repeatable !== true) return;
      const narrowed = new URLSearchParams(query).get("columns");
      const more = narrowed === null ? "" : `&queryable_columns=${encodeURIComponent(narrowed)}`;
      const direct = await exchange(sync.port, {
        ...request,
        target: `/v1/shape?${query}${more}`,
      });
      assert.deepEqual(
        timeless(essence(got, target.mayName && encoding !== undefined)),
        timeless(essence(withVary(direct), false)),
        `${label}, directly`,
      );
    });
    if (kind.meanwhile !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await kind.meanwhile();
    }
    await Promise.all(asked);
  };

  await sql`insert into items (value) select 'value ' || i from generate_series(1, 500) i`;
  await sql`create table numbers (id bigint primary key)`;
  await sql`insert into numbers values (9007199254740992), (9007199254740993)`;
  await sql`create table gone (id int primary key)`;
  await sql`create table quiet (id int primary key)`;
  const start = await begin(sync.port, "items");
  const gone = await begin(sync.port, "gone");
  const quiet = await begin(sync.port, "quiet");
  // Takes 20 s, so the others run beside it.
  const timeout = run({
    name: "live poll without a change",
    table: "quiet",
    query: `table=quiet&live=true&${quiet.position}`,
    status: 200,
  });
  timeout.catch(() => {}); // it is awaited below

  const json: Pairs = [["content-type", "application/json"]];
  const where = `table=items&where=${encodeURIComponent("value < $1")}&params%5B1%5D=value+2`;
  const columns = ["id", "value"];
  const insert = () => sql`insert into items (value) values ('live')`;
  const kinds: Kind[] = [
    { name: "initial", query: "table=items&offset=-1", status: 200, repeatable: true },
    { name: "catch-up", query: `table=items&${start.first}`, status: 200, repeatable: true },
    { name: "at the end", query: `table=items&${start.position}`, status: 200, repeatable: true },
    { name: "offset=now", query: "table=items&offset=now", status: 200 },
    { name: "HEAD", method: "HEAD", query: "table=items&offset=-1", status: 200, repeatable: true },
    {
      name: "where, params, columns, replica",
      shape: { where: "value < $1", params: ["value 2"], columns, replica: "full" },
      query: `${where}&columns=id,value&replica=full&offset=-1`,
      status: 200,
      repeatable: true,
    },
    {
      name: "If-None-Match",
      query: "table=items&offset=-1",
      headers: [["if-none-match", start.etag]],
      status: 304,
      repeatable: true,
    },
    {
      name: "If-None-Match, weakened",
      query: "table=items&offset=-1",
      headers: [["if-none-match", `W/${start.etag}`]],
      status: 304,
    },
    {
      name: "If-None-Match of another",
      query: "table=items&offset=-1",
      headers: [["if-none-match", '"other"']],
      status: 200,
      repeatable: true,
    },
    {
      name: "unknown handle",
      query: "table=items&offset=0_0&handle=1-1",
      status: 409,
      asksFirst: true,
    },
    { name: "bad offset", query: "table=items&offset=x", status: 400, repeatable: true },
    { name: "no handle", query: "table=items&offset=0_0", status: 400, repeatable: true },
    {
      name: "changes only",
      query: "table=items&offset=-1&log=changes_only",
      status: 200,
      repeatable: true,
    },
    {
      name: "subset by GET",
      query: `table=items&offset=-1&log=changes_only&subset__limit=3&subset__order_by=value&` +
        `subset__where=${encodeURIComponent("value > $1")}&` +
        `subset__params=${encodeURIComponent('{"1":"value 4"}')}`,
      status: 200,
    },
    {
      name: "subset by POST",
      method: "POST",
      query: "table=items&offset=-1&log=changes_only",
      headers: json,
      body: '{"where":"value > $1","params":{"1":"value 4"},"limit":3,"order_by":"value"}',
      status: 200,
    },
    {
      name: "subset by POST with a bare number that a double can't hold",
      method: "POST",
      table: "numbers",
      query: "table=numbers&offset=-1&log=changes_only",
      headers: json,
      body: '{"where":"id = $1","params":{"1":9007199254740993}}',
      status: 200,
      holds: '"id":"9007199254740993"',
    },
    {
      name: "bad subset by POST",
      method: "POST",
      query: "table=items&offset=-1&log=changes_only",
      headers: json,
      body: '{"where":"nonsense >"}',
      status: 400,
      repeatable: true,
    },
    {
      name: "live poll with a change",
      query: `table=items&live=true&${start.position}`,
      status: 200,
      meanwhile: insert,
    },
    {
      name: "server-sent events",
      query: `table=items&live=true&live_sse=true&${start.position}`,
      headers: [["accept", "text/event-stream"]],
      status: 200,
      meanwhile: insert,
      cutAfter: "up-to-date",
    },
    {
      name: "live poll on a table that is truncated",
      table: "gone",
      query: `table=gone&live=true&${gone.position}`,
      status: 409,
      meanwhile: () => sql`truncate gone`,
    },
  ];
  for (const kind of kinds) await t.step(kind.name, () => run(kind));
  await t.step("live poll without a change", () => timeout);
});

/** Reads a table's shape to its end, directly, and says where that is. */
async function begin(port: number, table: string) {
  const ask = (query: string) =>
    exchange(port, { method: "GET", target: `/v1/shape?table=${table}&${query}`, headers: [] });
  const initial = new Map((await ask("offset=-1")).headers);
  const handle = initial.get("electric-handle") ?? "";
  const first = `offset=${initial.get("electric-offset")}&handle=${handle}`;
  const next = new Map((await ask(first)).headers);
  const position = `offset=${next.get("electric-offset")}&handle=${handle}`;
  return { first, position, etag: initial.get("etag") ?? "" };
}

/** Sends a request and reads the response to its end, or until its text holds `cutAfter`. */
async function exchange(port: number, request: RawRequest, cutAfter?: string): Promise<Got> {
  using response = await openRequest(port, { patience: PATIENCE, ...request });
  return await readAll(response, cutAfter);
}

async function readAll({ status, headers, pieces }: ResponseHead, cutAfter?: string): Promise<Got> {
  const read: Uint8Array[] = [];
  let body = "";
  for await (const piece of pieces) {
    read.push(piece);
    body = latin1(joinBytes(read));
    if (cutAfter !== undefined && body.includes(cutAfter)) break;
  }
  return { status, headers: headers.map(([name, value]) => [name.toLowerCase(), value]), body };
}

/** What a proxy must not change, in a form that compares. */
function essence({ status, headers, body }: Got, mayName: boolean) {
  const endToEnd = headers.filter(([name, value]) =>
    !HOP_BY_HOP.test(name) && !(mayName && name === "content-encoding" && value === "identity")
  );
  return {
    status,
    headers: endToEnd.map(([name, value]) => `${name}: ${value}`).sort(),
    body,
  };
}

/** With what the proxies add. */
function withVary(response: Got): Got {
  const headers = response.headers.map(([name, value]) =>
    [name, name === "vary" ? `${value}, Authorization` : value] as const
  );
  return { ...response, headers };
}

/** Without what differs from answer to answer. */
function timeless(response: ReturnType<typeof essence>) {
  const headers = response.headers.filter((line) => !/^(date|x-request-id):/.test(line));
  return { ...response, headers };
}
