import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Refusal } from "../../shared/refusal.ts";
import { readShape } from "../../shared/shape.ts";
import { type TestPostgres, testPostgres } from "../../tests/support/postgres.ts";
import { connect, type Database } from "../database/database.ts";
import { createDecide } from "./decide.ts";
import { allow, definePolicies, ownRows, type Policy, rows } from "./policy.ts";

const ALICE = { id: "00000000-0000-4000-8000-00000000a11c", role: "authenticated", claims: {} };

let postgres: TestPostgres;
let database: Database;
const logged: string[] = [];
Deno.test.beforeAll(async () => {
  postgres = await testPostgres((line) => logged.push(line));
  database = connect(postgres.url, { max: 3, idle_timeout: 60 });
  await database.sql.unsafe(`
    create type status as enum ('open', 'done');
    create table todos (id int primary key, owner_id uuid, n int, at date, tags text[], status status, note text);
    create table secrets (id int primary key, hidden text);
    create table "Odd ""name" (id int primary key);`);
});
Deno.test.afterAll(async () => {
  await database.end({ timeout: 1 });
  await postgres[Symbol.asyncDispose]();
});

const policyOf = (answer: boolean): Policy => () => answer;

/** Decides by one policy for `todos`; gives what was granted and what was explained. */
async function ask(
  policy: Policy,
  asked: Record<string, unknown> = {},
  user = ALICE,
  timeout = 5000,
) {
  const explained: string[] = [];
  const decide = createDecide(
    definePolicies({ todos: policy, '"Odd ""name"': policy }),
    database,
    { timeout },
  );
  const shape = readShape({ table: "todos", ...asked });
  const result = await decide(user, shape, (line) => explained.push(line)).catch((error) => error);
  return {
    result,
    status: result.status ?? 200,
    message: result.message,
    explained,
  };
}

Deno.test("own rows are granted as the policy writes them", async () => {
  const { result } = await ask(ownRows("owner_id"), { replica: "full" });
  equal(result.where, "owner_id = $1");
  deepEqual(result.params, [ALICE.id]);
  equal(result.full, true);
});

Deno.test("a client may narrow the columns, not choose the rows", async () => {
  const policy: Policy = () => rows`owner_id = ${ALICE.id}`.columns("id", "n");
  deepEqual((await ask(policy)).result.columns, ["id", "n"]);
  deepEqual((await ask(policy, { columns: ["id"] })).result.columns, ["id"]);
  equal((await ask(policy, { columns: ["id", "note"] })).status, 403);
  for (const where of ["true", "true) or (true", "owner_id = $1"]) {
    equal(
      (await ask(policy, { where, ...(where.includes("$1") && { params: ["x"] }) })).status,
      400,
    );
  }
  const again = await ask(policy, { where: "owner_id = $1", params: [ALICE.id] });
  equal(again.status, 200);
});

Deno.test("a proxy that can't check handles gets no client's clause, and all else", async () => {
  const decide = createDecide(definePolicies({ todos: true }), database, {
    proxyChecksHandles: false,
  });
  const asked = { table: "todos", columns: ["id"], replica: "full" };
  deepEqual(await decide(null, readShape(asked), () => {}), readShape(asked));
  const chosen = readShape({ ...asked, where: "id <> 1" });
  await rejects(
    decide(null, chosen, () => {}),
    (error) => error instanceof Refusal && error.status === 403 && /leave it/.test(error.message),
  );
  const own = createDecide(definePolicies({ todos: ownRows("owner_id") }), database, {
    proxyChecksHandles: false,
  });
  const granted = await own(ALICE, readShape({ table: "todos" }), () => {});
  // The clause of an earlier answer is the policy's.
  deepEqual(await own(ALICE, granted, () => {}), granted);
});

Deno.test("no is no, before anything about the table is told", async () => {
  for (const asked of [{}, { where: "nonsense(" }, { columns: ["id", "nothing"] }]) {
    const { message } = await ask(() => false, asked);
    equal(message, "You may not sync table todos.");
    const other = await ask(allow, { table: "secrets", ...asked });
    equal(other.message, "You may not sync table secrets.");
    const missing = await ask(allow, { table: "missing", ...asked });
    equal(missing.message, "You may not sync table missing.");
  }
});

Deno.test("values are checked against the types that the clause gives them", async () => {
  const good = [
    ["n = $1", "1"],
    ["at > $1", "2026-01-01"],
    ["tags && $1", "{a,b}"],
    ["status = $1", "open"],
    ["owner_id = any($1)", `{${ALICE.id}}`],
    ["note = $1", "x"],
  ];
  const bad = [
    ["n = $1", "x"],
    ["n = $1", "99999999999"],
    ["at > $1", "yesterday-ish"],
    ["tags && $1", "{a"],
    ["status = $1", "closed"],
    ["owner_id = any($1)", "{1}"],
    ["owner_id = $1", ""],
  ];
  for (const [where, value] of good) {
    equal((await ask(allow, { where, params: [value] })).message, undefined);
  }
  for (const [where, value] of bad) {
    const { status, message } = await ask(allow, { where, params: [value] });
    equal(status, 400, `${where} ${value}`);
    match(message, /^where can't be used: /);
  }
});

Deno.test("a client's clause can't find out what else exists", async () => {
  const same = async (yes: string, no: string) => {
    const [a, b] = [await ask(allow, { where: yes }), await ask(allow, { where: no })];
    deepEqual([a.status, a.message.replaceAll("secrets", "missing")], [400, b.message]);
  };
  await database.sql.unsafe(
    "create function secrets_of(int) returns bool language sql as 'select true'",
  );
  await same("exists (select 1 from secrets)", "exists (select 1 from missing)");
  await same("null::secrets is null", "null::missing is null");
  await same("secrets_of(1)", "missing_of(1)");
  await same("'secrets'::regclass is null", "'missing'::regclass is null");
  await same("(secrets).id is null", "(missing).id is null");
  await same("public.secrets_of(1)", "public.missing_of(1)");
});

Deno.test("what isn't one boolean expression with all its values is a 400", async () => {
  for (
    const [where, ...params] of [
      ["true) or (true"],
      ["true order by 1"],
      ["true limit 1"],
      ["true group by id"],
      ["n"],
      ["nothing = 1"],
      ["n = $1"],
      ["n = $2", "1", "2"],
      ["true", "1"],
    ]
  ) {
    equal((await ask(allow, { where, params })).status, 400, where);
  }
  equal((await ask(allow, { table: '"Odd ""name"', where: "id > 1" })).status, 200);
});

Deno.test("a policy that fails is a 500 and one line, never a shape", async (t) => {
  const nonsense: unknown[] = [undefined, 1, "yes", {}, [], { where: "true" }, () => true];
  const failing: Record<string, Policy> = {
    "throws": () => {
      throw new Error("line one\nline two");
    },
    "rejects": () => Promise.reject("not even an error"),
    "has a mistake in its query": async ({ sql }) => (await sql`select from nothing`).length > 0,
    "swallows a failed query": async ({ sql }) => {
      await sql`select from nothing`.catch(() => {});
      return true;
    },
    "writes": async ({ sql }) => (await sql`insert into secrets values (1)`).count > 0,
    "names a column that isn't there": () => rows`owner = ${ALICE.id}`,
    "leaves out the key": () => rows`true`.columns("note"),
    "quotes a parameter": () => rows`note = '${"x"}'`,
    "has a value of another type": () => rows`owner_id = ${"auth0|1"}`,
    "is blank": () => rows` `,
    "glues": () => rows`true) or (true`,
  };
  for (const [i, answer] of nonsense.entries()) {
    failing[`answers nonsense ${i}`] = Reflect.apply(policyOf, null, [answer]);
  }
  for (const [name, policy] of Object.entries(failing)) {
    await t.step(name, async () => {
      const { status, explained, message } = await ask(policy);
      equal(status, 500);
      equal(message, "The policy failed; the gatekeeper's log says why.");
      equal(explained.length, 1);
      match(explained[0] ?? "", /^[^\n]{10,400}$/);
    });
  }
});

Deno.test("a policy that hangs is a 503, and can't touch another's connection later", async () => {
  const late: Promise<unknown>[] = [];
  const hanging: Policy = ({ sql }) => {
    const wake = new Promise((resolve) => setTimeout(resolve, 600));
    late.push(rejects(wake.then(() => sql`select 1`), { name: "AbortError" }));
    return new Promise(() => {});
  };
  const many = await Promise.all(Array.from({ length: 6 }, () => ask(hanging, {}, ALICE, 100)));
  for (const { status, explained } of many) deepEqual([status, explained.length], [503, 1]);
  const told = many.map(({ explained }) => explained[0]?.split(": ")[0]);
  const isOfPolicy = (line = "") => line === "the policy of table todos took longer than 0.1 s";
  const others = told.filter((line) => !isOfPolicy(line));
  // On a busy machine the first may end before the last have waited for so long.
  for (const line of others) equal(line, "no connection to the database was free within 0.1 s");
  ok(others.length <= 3, `${told}`);
  equal(late.length, told.length - others.length);
  await Promise.all(late);
  const slow: Policy = async ({ sql }) => (await sql`select pg_sleep(60)`).length > 0;
  const { status, explained } = await ask(slow);
  equal(status, 503);
  match(explained[0] ?? "", /statement timeout/);
  equal((await ask(allow)).status, 200);
});

Deno.test("a slow policy is blamed by name, not the database", async () => {
  const waiting = await ask(() => new Promise(() => {}));
  equal(waiting.status, 503);
  equal(
    waiting.message,
    "The policy of table todos took longer than 5 s. Try again in a moment.",
  );
  match(waiting.explained.join("\n"), /^the policy of table todos took longer than 5 s: .*\?$/);
  const querying = await ask(async ({ sql }) => (await sql`select pg_sleep(60)`).length > 0);
  equal(querying.status, 503);
  equal(
    querying.message,
    "A query of the policy of table todos took longer than 2 s. Try again in a moment.",
  );
  match(
    querying.explained.join("\n"),
    /^a query of the policy of table todos took longer than 2 s/,
  );
});

Deno.test("a table that is locked isn't the policy's fault", async () => {
  const locked = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const lock = database.sql.begin(async (tx) => {
    await tx`lock table todos`;
    locked.resolve();
    await done.promise;
  });
  await locked.promise;
  try {
    const { status, message, explained } = await ask(allow, { where: "n = 1" });
    equal(status, 503);
    equal(message, "The database that decides is away. Try again in a moment.");
    match(explained.join("\n"), /^checking the shape of table todos took longer than 2 s/);
  } finally {
    done.resolve();
    await lock;
  }
});

Deno.test("a clause that fails leaves one line in Postgres's log", async () => {
  const from = logged.length;
  equal((await ask(allow, { where: "first_mistake = 1" })).status, 400);
  equal((await ask(() => rows`second_mistake = 1`)).status, 500);
  await rejects(database.sql`select the_end`);
  const errors = () => logged.slice(from).filter((line) => line.includes("ERROR: "));
  while (!errors().some((line) => line.includes("the_end"))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const [first, second, ...more] = errors();
  match(first ?? "", /"first_mistake" does not exist/);
  match(second ?? "", /"second_mistake" does not exist/);
  equal(more.length, 1);
});

Deno.test("a clause that Electric can't read is never signed, and its place is named", async () => {
  const both: [string, RegExp][] = [
    ["note ~ 'x'", /At location 5: Could not select an operator overload/],
    ["not ".repeat(2000) + "n is null", /nested too deeply|stack depth/],
    ["length(note) > 3", /At location 0: unknown or unsupported function length\/1/],
    ["case when n > 1 then true end", /At location 0: CaseExpr/],
  ];
  const ofPolicies: [string, RegExp][] = [
    ["at > now()", /At location 5: unknown or unsupported function now\/0/],
    ["exists (select 1 from secrets)", /At location 0: only/],
    ["n = any (select id from secrets)", /only `value IN/],
    ["n = (select id from secrets)", /only `value IN/],
    ["n in (select s.id from secrets s)", /At location 13: unknown reference s.id|alias/],
    ["n in (select id from secrets s)", /alias/],
    ["n in (select secrets.id from secrets)", /unknown reference secrets.id/],
    ["n in (select a.id from secrets a join secrets b on true)", /unknown reference|join/],
    ["n in (select id from secrets limit 1)", /must not contain/],
    ["n in (select distinct id from secrets)", /must not contain/],
    ["n in (select 1 from secrets)", /plain column/],
    ["n in (select id from secrets where hidden = now()::text)", /now\/0/],
    ["todos.n = 1", /unknown reference todos.n/],
  ];
  for (const [where, reason] of [...both, ...ofPolicies]) {
    const { status, explained } = await ask(() => rows(Object.assign([where], { raw: [where] })));
    equal(status, 500, where);
    equal(explained.length, 1);
    match(explained[0] ?? "", reason, where);
  }
  for (const [where, reason] of both) {
    const { status, message } = await ask(allow, { where });
    equal(status, 400, where);
    match(message, reason);
  }
  for (
    const where of [
      "n in (select id from secrets where hidden = 'x')",
      "not (n not in (select id from public.secrets where id in (select id from secrets)))",
      "(note, id) in (select hidden, id from secrets)",
    ]
  ) {
    const { status, explained } = await ask(() => rows(Object.assign([where], { raw: [where] })));
    equal(status, 200, `${where} ${explained}`);
  }
});
