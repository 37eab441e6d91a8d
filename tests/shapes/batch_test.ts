import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { decodeJwt } from "jose";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { connect, type Database } from "../../gatekeeper/database/database.ts";
import { decideAll } from "../../gatekeeper/policies/decide_all.ts";
import { Turns } from "../../gatekeeper/policies/turns.ts";
import { Refusal } from "../../shared/refusal.ts";
import { namedDecision } from "../../gatekeeper/shapes/decide_shape.ts";
import { defineShapes, from, shape } from "electric-gatekeeper";
import { ALICE, PROJECT, shapes, type ShapesStack, startShapesStack } from "./stack.ts";

const turns = new Turns(1);

let stack: ShapesStack;
Deno.test.beforeAll(async () => {
  stack = await startShapesStack("/api");
});
Deno.test.afterAll(async () => await stack[Symbol.asyncDispose]());

interface One {
  readonly status: number;
  readonly message?: string;
  readonly headers?: { readonly Authorization: string };
}

/** Asks for many; gives the answers, and the lines of the log. */
async function ask(body: unknown, more: { as?: string; text?: string; type?: string } = {}) {
  const before = stack.log.length;
  const response = await stack.ask({ path: "/api/gatekeeper", body, ...more });
  const text = await response.text();
  const answers: One[] & { message?: string } = JSON.parse(text);
  return { status: response.status, response, text, answers, lines: stack.log.slice(before) };
}

/** What one alone is answered. */
async function alone(item: Record<string, unknown>, as?: string): Promise<One> {
  const { table, shape: name, args, ...rest } = item;
  const path = name === undefined
    ? `/api/gatekeeper/${encodeURIComponent(String(table))}`
    : `/api/gatekeeper/shapes/${name}`;
  const body = name === undefined ? rest : args ?? {};
  const response = await stack.ask({ path, body, ...(as !== undefined && { as }) });
  return { status: response.status, ...await response.json() };
}

const FAST = Object.keys(shapes).filter((name) =>
  !["hanging", "waiting", "schemaHangs"].includes(name)
);

/** Some of all kinds, good and bad, each of which could spoil the next. */
const ITEMS: Record<string, unknown>[] = [
  { table: "todos" },
  { shape: "projectIssues", args: { project: PROJECT } },
  { table: "issues", where: "n = $1", params: ["1"], columns: ["id"], replica: "full" },
  // The one before sets the search path, and is granted.
  { shape: "projectIssues", args: { project: PROJECT } },
  { table: "issues", where: "nope = 1" },
  { table: "issues", colums: ["id"] },
  { table: "a.b.c" },
  { table: "nothing" },
  { table: "broken" },
  { table: "shapes" },
  { shape: "nothing" },
  { shape: "__proto__" },
  { shape: "projectIssues", args: { project: "x" } },
  ...FAST.map((shape) => ({ shape })),
  { shape: "projectIssues", args: { project: PROJECT } },
  { table: "todos" },
];

Deno.test("each is answered as it would be alone, in order, whatever the others do", async () => {
  for (const as of [ALICE, undefined]) {
    const half = Math.ceil(ITEMS.length / 2);
    for (
      const items of [ITEMS.slice(0, half), ITEMS.slice(half), ITEMS.toReversed().slice(0, 50)]
    ) {
      const { status, answers, lines, response } = await ask(items, as === undefined ? {} : { as });
      equal(status, 200);
      equal(response.headers.get("access-control-allow-origin"), "*");
      equal(response.headers.get("cache-control"), "no-store");
      for (const [i, item] of items.entries()) {
        deepEqual(answers[i], await alone(item, as), JSON.stringify(item));
      }
      equal(answers.length, items.length);
      equal(lines.length, items.length);
    }
  }
});

Deno.test("after a revocation, tokens of a list and of named shapes are others, issued after it", async () => {
  const items = [{ table: "todos" }, { shape: "mine" }, { table: "nothing" }];
  const tokens = async () => {
    const { answers } = await ask(items, { as: ALICE });
    equal(answers.at(2)?.status, 403);
    return answers.slice(0, 2).map(({ headers }) => headers?.Authorization.slice(7) ?? "");
  };
  const before = await tokens();
  const [row] = await stack.sql<{ before: number }[]>`
    select extract(epoch from clock_timestamp())::int as before
    from (select gatekeeper.revoke(subject => ${ALICE})) as revoked`;
  // The gatekeeper looks into the database each 0.4 s.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const after = await tokens();
  for (const [i, token] of after.entries()) {
    notEqual(token, before[i]);
    const { iat = NaN } = decodeJwt(token);
    ok(iat > (row?.before ?? NaN), `${iat} and ${row?.before}`);
  }
  deepEqual(await tokens(), after);
  const named = await alone({ shape: "mine" }, ALICE);
  equal(named.headers?.Authorization, `Bearer ${after[1]}`);
});

Deno.test("each has a line in the log that says which, and why not", async () => {
  const { lines } = await ask([
    { table: "todos" },
    { shape: "projectIssues", args: { project: "x" } },
    { table: "x\ny", where: "true" },
    { shape: 7 },
    {},
  ], { as: ALICE });
  deepEqual(lines, [
    "POST /api/gatekeeper (1 of 5, table todos) 200",
    "POST /api/gatekeeper (2 of 5, shape projectIssues) 400: Bad arguments: project: Invalid UUID: invalid_arguments",
    "POST /api/gatekeeper (3 of 5, table x%0Ay) 400: invalid_request",
    "POST /api/gatekeeper (4 of 5, shape %3F) 400: invalid_request",
    "POST /api/gatekeeper (5 of 5, table %3F) 400: invalid_request",
  ]);
  const broken = await ask([{ table: "broken" }, { shape: "noSuchTable" }]);
  match(
    broken.lines[0] ?? "",
    /\(1 of 2, table broken\) 500: Error: broken policy.*: policy_failed$/,
  );
  match(
    broken.lines[1] ?? "",
    /\(2 of 2, shape noSuchTable\) 500: .*no such table: policy_failed$/,
  );
});

Deno.test("what isn't a list of 1 to 50 is 400; bad credentials are 401", async () => {
  const many = (n: number) => Array.from({ length: n }, () => ({ table: "nothing" }));
  const bad: unknown[] = [[], {}, null, "x", 1, { table: "todos" }, [1], [null], [[]], many(51)];
  for (const body of bad) {
    const { status, answers, lines } = await ask(body);
    equal(status, 400, JSON.stringify(body)?.slice(0, 50));
    match(answers.message ?? "", /list of 1 to 50/);
    deepEqual(lines, ["POST /api/gatekeeper 400: invalid_request"]);
  }
  equal((await ask(many(50))).status, 200);
  for (const text of ["", "[", "[{}", "a=1"]) equal((await ask(null, { text })).status, 400, text);
  const form = "application/x-www-form-urlencoded";
  equal((await ask(null, { text: "table=todos", type: form })).status, 400);
  equal((await ask(null, { text: `[{"table":"${"x".repeat(600_000)}"}]` })).status, 413);
  equal((await ask([{ table: "todos" }], { as: "a\nb" })).status, 401);
  const query = await stack.ask({
    path: "/api/gatekeeper?table=todos",
    body: [{ table: "todos" }],
  });
  equal(query.status, 400);
  const region = await stack.ask({
    path: "/api/gatekeeper?forceFunctionRegion=eu-west-1",
    body: [{ table: "todos" }],
  });
  equal(region.status, 200);
  for (const path of ["/gatekeeper", "/api/gatekeeper/"]) {
    equal((await stack.ask({ path, body: [{ table: "todos" }] })).status, 404, path);
  }
  const get = await stack.ask({ path: "/api/gatekeeper", method: "GET" });
  deepEqual([get.status, get.headers.get("allow")], [405, "POST, OPTIONS"]);
});

Deno.test("an item says a table or a shape, and nothing that it couldn't say alone", async () => {
  const bad = [
    { table: "todos", shape: "all" },
    { shape: "all", where: "true" },
    { shape: "all", table: null },
    { args: {} },
    { table: "todos", args: {} },
    { shape: "all", args: [] },
    { shape: "all", args: { x: 1 } },
    { table: "issues", namespace: "pg_catalog" },
    { table: "issues", queryable_columns: ["id"] },
  ];
  const { answers, text } = await ask(bad, { as: ALICE });
  deepEqual(answers.map(({ status }) => status), bad.map(() => 400));
  doesNotMatch(text, /eyJ/);
});

Deno.test("all tokens are the one user's", async () => {
  const { answers } = await ask([{ table: "todos" }, { shape: "todos" }], { as: ALICE });
  for (const { headers } of answers) {
    equal(decodeJwt(headers?.Authorization.slice(7) ?? "").sub, ALICE);
  }
});

Deno.test("one that hangs costs the others nothing but time", async () => {
  const began = Date.now();
  const items = [{ shape: "hanging" }, { shape: "all" }, { shape: "waiting" }, { shape: "all" }];
  const { answers } = await ask(items);
  deepEqual(answers.map(({ status }) => status), [503, 200, 503, 200]);
  ok(Date.now() - began < 10_000);
});

Deno.test("many lists at once leave connections for everybody else, and the last are told to come again", async () => {
  const items = [{ shape: "waiting" }, { shape: "waiting" }];
  const began = Date.now();
  const lists = Array.from({ length: 12 }, () => ask(items));
  for (let i = 0; i < 5; i++) {
    const asked = Date.now();
    equal((await alone({ shape: "all" })).status, 200);
    ok(Date.now() - asked < 1500, `${Date.now() - asked} ms`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const all = await Promise.all(lists);
  ok(Date.now() - began < 15_000, `${Date.now() - began} ms`);
  const [refused] = all.filter(({ status }) => status === 503);
  match(refused?.answers.message ?? "", /^Too many lists of shapes/);
  equal(refused?.response.headers.get("retry-after"), "5");
  // Three have four seconds each, the next three as well; the others waited for five.
  const statuses = all.map(({ status }) => status).sort();
  deepEqual(statuses, [...Array(6).fill(200), ...Array(6).fill(503)]);
});

Deno.test("many that hang are over together, and their connection is free then", async () => {
  await using postgres: TestPostgres = await testPostgres();
  const database: Database = connect(postgres.url, { max: 1, idle_timeout: 60 });
  try {
    await database.sql.unsafe("create table issues (id int primary key)");
    const tried = defineShapes({
      hanging: shape({ get: () => new Promise(() => {}) }),
      all: shape({ get: () => from("issues") }),
    });
    const explained: string[] = [];
    const asked = ["all", ...Array.from({ length: 9 }, () => "hanging"), "all"].map((name) => ({
      decision: namedDecision(tried, name, {}),
      explain: (line: string) => void explained.push(line),
    }));
    const outcomes = await decideAll(asked, null, database, { one: 200, all: 1000, turns });
    const statuses = outcomes.map(([, outcome]) =>
      outcome instanceof Refusal ? outcome.status : 200
    );
    deepEqual(statuses, [200, ...Array.from({ length: 10 }, () => 503)]);
    const again = await decideAll(asked.slice(0, 1), null, database, { turns });
    equal(again[0]?.[1] instanceof Refusal, false);
    await postgres.stop();
    const away = await decideAll(asked.slice(0, 1), null, database, { turns });
    const [[, refused] = []] = away;
    ok(refused instanceof Refusal && refused.status === 503);
    await postgres.start();
    let back = await decideAll(asked.slice(0, 1), null, database, { turns });
    for (let i = 0; back[0]?.[1] instanceof Refusal && i < 50; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      back = await decideAll(asked.slice(0, 1), null, database, { turns });
    }
    equal(back[0]?.[1] instanceof Refusal, false);
  } finally {
    await database.end({ timeout: 1 });
  }
});

Deno.test("a connection that is lost in the middle is 503 for the rest, and then there is another", async () => {
  await using postgres: TestPostgres = await testPostgres();
  const database: Database = connect(postgres.url, { max: 1, idle_timeout: 60 });
  try {
    await database.sql.unsafe("create table issues (id int primary key)");
    const tried = defineShapes({
      all: shape({ get: () => from("issues") }),
      killing: shape({
        async get({ sql }) {
          await sql`select pg_terminate_backend(pg_backend_pid())`;
          return from("issues");
        },
      }),
    });
    const asked = ["all", "killing", "all"].map((name) => ({
      decision: namedDecision(tried, name, {}),
      explain: () => {},
    }));
    const outcomes = await decideAll(asked, null, database, { turns });
    const statuses = outcomes.map(([, one]) => one instanceof Refusal ? one.status : 200);
    deepEqual(statuses, [200, 503, 503]);
    const [again] = await decideAll(asked.slice(0, 1), null, database, { turns });
    equal(again?.[1] instanceof Refusal, false);
  } finally {
    await database.end({ timeout: 1 });
  }
});
