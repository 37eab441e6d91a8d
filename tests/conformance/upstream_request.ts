import assert from "node:assert/strict";
import type { Check } from "./check.ts";
import { ELECTRIC_SECRET, ELECTRIC_SOURCE_ID } from "./subject.ts";

const SERVERS_OWN = `secret=${ELECTRIC_SECRET}&source_id=${ELECTRIC_SOURCE_ID}`;

const FULL_SHAPE = {
  namespace: null,
  table: "items",
  where: "value = $1 and \"Größe\" <> '100% & more' -- +#=",
  columns: ["value", "id", "Size"],
  params: { 1: "a+b c&d" },
  replica: "full",
};
const FULL_WHERE = encodeURIComponent(FULL_SHAPE.where).replaceAll("'", "%27");

/** The same shape, as clients may spell it. */
const SPELLINGS = [
  `table=items&where=${FULL_WHERE}&columns=id,value,"Size"&params[1]=a%2Bb+c%26d&replica=full`,
  `replica=full&params%5B1%5D=a%2Bb%20c%26d&columns="Size","value","id"&where=${FULL_WHERE}&table=public.items`,
  `where=${FULL_WHERE}&table=PUBLIC."items"&columns=ID%2C"value",%22Size%22&params[1]=a%2bb%20c%26d&replica=full`,
  `table=%69tems&where=${
    FULL_WHERE.replaceAll("%20", "+")
  }&columns=Value,id,"Size"&params[1]=a%2Bb+c%26d&replica=full`,
].map((query) => query.replaceAll('"', "%22"));

const PROTOCOL: Readonly<Record<string, string>> = {
  "cache-buster": "1700000000000-x",
  cursor: "",
  experimental_live_sse: "true",
  expired_handle: "1-2",
  handle: "3-4",
  live: "true",
  live_sse: "false",
  log: "changes_only",
  offset: "0_0",
};

/** A subset query in a URL, as the official client writes it. */
const SUBSET: Readonly<Record<string, string>> = {
  subset__limit: "10",
  subset__offset: "0",
  subset__order_by: '"value" DESC NULLS FIRST',
  subset__params: '{"1":9007199254740993}',
  subset__where: '"a" = $1',
};

/** What it says beside that, which Electric ignores. */
const SUBSET_AGAIN: Readonly<Record<string, string>> = {
  subset__order_by_expr: '[{"column":"value"}]',
  subset__where_expr: '{"type":"ref"}',
};

/** What a real Electric lets through in a subset query, and reads other tables with. */
const HOSTILE: readonly (readonly [name: string, value: string])[] = [
  ["order_by", "value OFFSET (select 1/(select count(*) from secrets where v like 'T%'))"],
  ["order_by", "pg_sleep(2)"],
  ["order_by", "1"],
  ["order_by", "value, (select 1)"],
  ["where", "id in (select id from secrets)"],
  ["where", "true) or (true"],
  ["where", "true order by pg_sleep(2)"],
  ["limit", "(select 1)"],
  ["offset", "1 union select 1"],
];

/** Headers that may go upstream, as a client sends them. */
const ALLOWED = [
  ["accept", "text/event-stream"],
  ["accept-encoding", "br"],
  ["if-modified-since", "Mon, 23 Nov 2026 20:00:00 GMT"],
  ["if-none-match", '"1:2"'],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ["tracestate", "a=1"],
] as const;

/** Headers that must not: they would split the CDN's cache, or tell Electric who asks. */
const KEPT = [
  ["cookie", "session=1"],
  ["origin", "https://app.example"],
  ["referer", "https://app.example/x"],
  ["x-forwarded-for", "10.0.0.1"],
  ["x-forwarded-host", "evil.example"],
  ["forwarded", "for=10.0.0.1"],
  ["range", "bytes=0-1"],
  ["cache-control", "no-cache"],
  ["if-match", '"1"'],
  ["accept-language", "de"],
  ["user-agent", "Mine/1.0"],
  ["x-api-key", "k"],
  ["apikey", "k"],
  ["x-http-method-override", "DELETE"],
] as const;

/** What the proxy asks of Electric. */
export const upstreamRequest: readonly Check[] = [
  ["upstream gets the signed shape, sorted, and the server's own parameters", async (subject) => {
    assert.equal((await subject.ask({ query: "table=items" })).status, 200);
    assert.equal(subject.tap.request.target, `/v1/shape?${SERVERS_OWN}&table=items`);
  }],
  ["all spellings of a shape are one upstream URL", async (subject) => {
    for (const query of SPELLINGS) {
      const response = await subject.ask({ shape: FULL_SHAPE, query: `offset=-1&${query}` });
      assert.equal(response.status, 200, query + response.text);
    }
    const targets = new Set(subject.tap.requests.map(({ target }) => target));
    assert.deepEqual([...targets], [
      "/v1/shape?columns=%22Size%22%2Cid%2Cvalue&offset=-1&params%5B1%5D=a%2Bb%20c%26d" +
      `&queryable_columns=%22Size%22%2Cid%2Cvalue&replica=full&${SERVERS_OWN}` +
      `&table=items&where=${FULL_WHERE}`,
    ]);
  }],
  ["each path of the proxy leads to Electric's one", async (subject) => {
    for (const path of subject.proxy.paths) {
      subject.tap.reset();
      assert.equal((await subject.ask({ path, query: "table=items" })).status, 200, path);
      assert.equal(subject.tap.request.target, `/v1/shape?${SERVERS_OWN}&table=items`);
    }
  }],
  ["protocol parameters arrive untouched", async (subject) => {
    const query = new URLSearchParams([...Object.entries(PROTOCOL), ["table", "items"]]);
    // A handle goes upstream when upstream has named it.
    subject.tap.reset({ headers: [["content-length", "0"], ["electric-handle", "3-4"]] });
    assert.equal((await subject.ask()).status, 200);
    subject.tap.reset();
    assert.equal((await subject.ask({ query: `${query}` })).status, 200);
    const arrived = new URLSearchParams(subject.tap.request.target.split("?")[1]);
    for (const [name, value] of Object.entries(PROTOCOL)) assert.equal(arrived.get(name), value);
    assert.deepEqual([...arrived.keys()], [...arrived.keys()].sort());
    assert.equal(arrived.size, Object.keys(PROTOCOL).length + 3);
  }],
  ["a subset query arrives written anew, without what Electric ignores", async (subject) => {
    const query = new URLSearchParams([
      ...Object.entries({ ...SUBSET, ...SUBSET_AGAIN, table: "items" }),
    ]);
    const response = await subject.ask({ query: `${query}` });
    assert.equal(response.status, 200, response.text);
    const arrived = new URLSearchParams(subject.tap.request.target.split("?")[1]);
    for (const [name, value] of Object.entries(SUBSET)) assert.equal(arrived.get(name), value);
    for (const name of Object.keys(SUBSET_AGAIN)) assert.equal(arrived.has(name), false, name);
  }],
  ["SQL beyond columns and conditions in a subset query is 400", async (subject) => {
    for (const [name, value] of HOSTILE) {
      const query = `table=items&subset__${name}=${encodeURIComponent(value)}`;
      subject.assertRefused(await subject.ask({ query }), 400, /./);
    }
  }],
  ["nothing else of a client's query arrives", async (subject) => {
    const query = "table=items&secret=x&api_secret=x&source_id=x&queryable_columns=id&token=x" +
      "&Table=x&secret[]=x&__proto__=x&constructor=x&database_id=x&force-revalidate=1&x";
    assert.equal((await subject.ask({ query })).status, 200);
    assert.equal(subject.tap.request.target, `/v1/shape?${SERVERS_OWN}&table=items`);
  }],
  ["the token alone says which columns may be queried", async (subject) => {
    const shape = { table: "items", columns: ["id"], queryable_columns: ["id", "value"] };
    const query = "table=items&columns=id&queryable_columns=secret";
    assert.equal((await subject.ask({ shape, query })).status, 200);
    const arrived = new URLSearchParams(subject.tap.request.target.split("?")[1]);
    assert.deepEqual(arrived.getAll("queryable_columns"), ["id,value"]);
  }],
  ["headers upstream are the allowed ones, and what fetch itself adds", async (subject) => {
    await subject.ask({ headers: [...ALLOWED, ...KEPT] });
    const names = subject.tap.request.headers.map(([name]) => name).sort();
    const allowed: string[] = ALLOWED.map(([name]) => name);
    const added = subject.habits.addsUpstream.filter((name) => !allowed.includes(name));
    assert.deepEqual(names, [...allowed, ...added].sort());
    const arrived = Object.fromEntries(subject.tap.request.headers);
    for (const [name, value] of ALLOWED) assert.equal(arrived[name], value, name);
    const { addsUpstream } = subject.habits;
    if (addsUpstream.includes("accept-language")) assert.equal(arrived["accept-language"], "*");
    assert.match(`${arrived["user-agent"]}`, subject.habits.userAgent);
    assert.equal(arrived["host"], new URL(subject.tap.url).host);
  }],
  ["a client that says nothing of encodings is asked for none", async (subject) => {
    await subject.ask();
    const arrived = Object.fromEntries(subject.tap.request.headers);
    assert.equal(arrived["accept-encoding"], "identity");
    assert.match(arrived["accept"] ?? "*/*", /^\*\/\*$/);
  }],
  ["HEAD stays HEAD, GET has no body", async (subject) => {
    for (const method of ["HEAD", "GET"]) {
      subject.tap.reset();
      await subject.ask({ method });
      const { method: arrived, headers, body } = subject.tap.request;
      assert.equal(arrived, method);
      assert.equal(body, "");
      assert(!headers.some(([name]) => /^(content|transfer)-/.test(name)));
    }
  }],
  ["a body of a GET isn't passed on", async (subject) => {
    await subject.ask({ body: '{"table":"secrets"}' });
    assert.equal(subject.tap.request.body, "");
  }],
];

/** With a path in `ELECTRIC_URL`. */
export const basePath: readonly Check[] = [
  ["a path in ELECTRIC_URL comes before /v1/shape", async (subject) => {
    await subject.ask({ query: "table=items" });
    assert.equal(subject.tap.request.target, `/base/v1/shape?${SERVERS_OWN}&table=items`);
  }],
];
