import assert from "node:assert/strict";
import { allow, definePolicies, ownRows, type Policies, rows } from "electric-gatekeeper";
import { checkPolicies, PolicyTestError, testPolicies } from "electric-gatekeeper/testing";
import postgres, { type Sql } from "postgres";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";

const ALICE = { id: "00000000-0000-4000-8000-00000000a11c" };

let database: TestPostgres;
let sql: Sql;
Deno.test.beforeAll(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 2 });
  await sql.unsafe(`
    create table todos (id uuid primary key, owner_id uuid, title text, secret text);
    create table items (id int primary key, value text);`);
});
Deno.test.afterAll(async () => {
  await sql.end();
  await database[Symbol.asyncDispose]();
});

const policies = definePolicies({
  todos: ownRows("owner_id"),
  items: allow,
  titles: allow,
  columns: () => rows`true`,
  broken: ({ user }) => rows`n = ${Number(user?.claims["nothing"])}`,
});

Deno.test("it gives the shape that would be signed", async () => {
  const given = { as: ALICE, on: "public.todos", database: database.url };
  assert.deepEqual(await testPolicies(policies, given), {
    allowed: true,
    reason: null,
    message: null,
    shape: { table: "todos", where: "owner_id = $1", params: [ALICE.id], columns: null },
  });
  const { shape } = await testPolicies(policies, { ...given, columns: ["title", "id"] });
  assert.deepEqual(shape?.columns, ["id", "title"]);
  const items = await testPolicies(policies, {
    as: null,
    on: "items",
    database: sql,
    where: "value = $1",
    params: ["a"],
  });
  assert.deepEqual([items.shape?.where, items.shape?.params], ["value = $1", ["a"]]);
});

Deno.test("a refusal says why, in a stable word", async () => {
  const ask = async (more: object) => {
    const question = { as: ALICE, on: "todos", database: sql, ...more };
    const { allowed, reason, shape } = await testPolicies(policies, question);
    assert.equal(allowed, false);
    assert.equal(shape, null);
    return reason;
  };
  assert.equal(await ask({ as: null }), "denied");
  assert.equal(await ask({ on: "elsewhere" }), "no_policy");
  assert.equal(await ask({ on: "titles" }), "no_such_table");
  assert.equal(await ask({ where: "true" }), "invalid_request");
  assert.equal(await ask({ columns: ["nope"] }), "invalid_request");
  assert.equal(await ask({ on: "a.b.c" }), "invalid_request");
  const narrow = definePolicies({ todos: () => rows`true`.columns("id", "title") });
  const secret = { as: ALICE, on: "todos", database: sql, columns: ["id", "secret"] };
  assert.equal((await testPolicies(narrow, secret)).reason, "forbidden");
});

Deno.test("a policy sees a user with what every token says", async () => {
  let seen: unknown;
  const curious: Policies = definePolicies({
    items: ({ user }) => {
      seen = user;
      return true;
    },
  });
  await testPolicies(curious, { as: ALICE, on: "items", database: sql });
  const role = "authenticated";
  assert.deepEqual(seen, { ...ALICE, role, claims: { sub: ALICE.id, role } });
  const bob = { id: "b", role: "admin", email: "b@example.com", claims: { sub: "b", tenant: 1 } };
  await testPolicies(curious, { as: bob, on: "items", database: sql });
  assert.deepEqual(seen, bob);
});

Deno.test("what has no outcome never passes for a refusal", async () => {
  const codeOf = async (on: string, database?: string | Sql) => {
    const question = { as: ALICE, on, ...(database !== undefined && { database }) };
    const error = await testPolicies(policies, question).catch((error) => error);
    assert.ok(error instanceof PolicyTestError, `${error}`);
    return [error.code, error.message] as const;
  };
  const [failed, message] = await codeOf("broken", sql);
  assert.equal(failed, "policy_failed");
  assert.match(message, /The policy of broken .*rows`…` was given NaN as \$1/);
  const [away] = await codeOf("items", "postgresql://postgres@127.0.0.1:1/none");
  assert.equal(away, "unavailable");
  const known = Deno.env.get("DATABASE_URL");
  Deno.env.delete("DATABASE_URL");
  const [none, advice] = await codeOf("items");
  assert.equal(none, "no_database");
  assert.match(advice, /set DATABASE_URL/);
  Deno.env.set("DATABASE_URL", database.url);
  assert.ok((await testPolicies(policies, { as: null, on: "items" })).allowed);
  if (known === undefined) Deno.env.delete("DATABASE_URL");
  else Deno.env.set("DATABASE_URL", known);
});

Deno.test("checkPolicies leaves a pool of its caller's open", async () => {
  const good = definePolicies({ todos: ownRows("owner_id"), items: allow });
  assert.deepEqual(await checkPolicies(good, { database: sql }), []);
  const [missing, broken, ...rest] = await checkPolicies(
    definePolicies({ todos: ownRows("titel"), titles: allow }),
    { database: sql },
  );
  assert.deepEqual([missing?.table, broken?.table], ["titles", "todos"]);
  assert.match(broken?.message ?? "", /column "titel" does not exist: correct the policy$/);
  assert.deepEqual(rest, []);
  assert.equal((await sql`select 1 as one`)[0]?.["one"], 1);
});
