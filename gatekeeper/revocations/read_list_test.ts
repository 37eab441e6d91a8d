import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { applyMigrations } from "../../dev/migrations.ts";
import { digestOf, revokedUntil } from "../../shared/revocations.ts";
import { readShape } from "../../shared/shape.ts";
import { type TestPostgres, testPostgres } from "../../tests/support/postgres.ts";
import { ROOT } from "../../tests/support/process.ts";
import { connect, type Database } from "../database/database.ts";
import { createReadList } from "./read_list.ts";

let postgres: TestPostgres;
let database: Database;
Deno.test.beforeAll(async () => {
  postgres = await testPostgres();
  database = connect(postgres.url);
});
Deno.test.afterAll(async () => {
  await database.end({ timeout: 1 });
  await postgres[Symbol.asyncDispose]();
});

const unexpected = () => {
  throw new Error("the table is there");
};

Deno.test("without the table there is nothing, told once; and it is noticed when it comes", async () => {
  let missing = 0;
  const read = createReadList(database, 60, () => void missing++);
  for (let i = 0; i < 3; i++) equal((await read()).list.subjects.size, 0);
  equal(missing, 1);
  await applyMigrations(postgres.url, ROOT, () => {});
  const again = createReadList(database, 60, unexpected);
  equal((await again()).list.tables.size, 0);
});

Deno.test("what the table says is found by what tokens say", async () => {
  const { sql } = database;
  await sql`create table "Order Lines" (id int)`;
  await sql`select gatekeeper.revoke(subject => 'ü@example.com')`;
  await sql`select gatekeeper.revoke(table_name => '"Order Lines"')`;
  const { list, ahead } = await createReadList(database, 60, unexpected)();
  ok(Math.abs(ahead) < 5000, `${ahead} ms`);
  ok(Math.abs(list.issuedAt - Date.now() / 1000) < 5);
  const until = async (subject: string | undefined, table: string) =>
    revokedUntil(list, { subject: await digestOf(subject), table: readShape({ table }).table });
  const now = Date.now() / 1000;
  for (
    const [subject, table] of [["ü@example.com", "items"], [undefined, '"Order Lines"']] as const
  ) {
    const second = await until(subject, table);
    ok(second > now - 1 && second < now + 1.1 && Number.isInteger(second), `${second - now}`);
  }
  equal(await until("u", "items"), -Infinity);
  equal(await until(undefined, "orderlines"), -Infinity);
  await sql`delete from gatekeeper.revocations`;
});

Deno.test("of one subject the latest counts, and what no living token is of is left out", async () => {
  const { sql } = database;
  await sql`select gatekeeper.revoke(subject => 'u1'), gatekeeper.revoke(subject => 'u2')`;
  await sql`update gatekeeper.revocations set before = now() - interval '70 s', seen = true`;
  const read = createReadList(database, 60, unexpected);
  equal((await read()).list.subjects.size, 0);
  await sql`select gatekeeper.revoke(subject => 'u1')`;
  const { list } = await read();
  deepEqual([...list.subjects.keys()], [await digestOf("u1")]);
  ok((list.subjects.get(await digestOf("u1")) ?? 0) > Date.now() / 1000 - 2);
  await sql`delete from gatekeeper.revocations`;
  equal((await read()).list.subjects.size, 0);
});

Deno.test("of too many the older ones become one for everyone, which revokes no less", async () => {
  const { sql } = database;
  await sql`
    insert into gatekeeper.revocations (subject, before)
    select n::text, now() from generate_series(1, 20010) n`;
  await sql`update gatekeeper.revocations set before = to_timestamp(2000000000 + subject::int), seen = true`;
  const { list } = await createReadList(database, 60, unexpected)();
  equal(list.subjects.size, 20_000);
  equal(list.everyone, 2_000_000_010);
  equal(list.subjects.has(await digestOf("10")), false);
  equal(list.subjects.get(await digestOf("11")), 2_000_000_011);
  await sql`delete from gatekeeper.revocations`;
});

Deno.test("ids that begin anew, and what is changed by hand, are seen", async () => {
  const { sql } = database;
  const read = createReadList(database, 60, unexpected);
  const subjects = async () => [...(await read()).list.subjects.keys()];
  await sql`select gatekeeper.revoke(subject => 'somebody')`;
  deepEqual(await subjects(), [await digestOf("somebody")]);
  await sql`truncate gatekeeper.revocations restart identity`;
  await sql`select gatekeeper.revoke(subject => 'bob')`;
  deepEqual(await subjects(), [await digestOf("bob")]);
  await sql`update gatekeeper.revocations set before = to_timestamp(2000000000)`;
  equal((await read()).list.subjects.get(await digestOf("bob")), 2_000_000_000);
  await sql`delete from gatekeeper.revocations`;
});

Deno.test("what is committed after the others were dated counts until now", async () => {
  const { sql } = database;
  await sql`
    insert into gatekeeper.revocations (subject, before) values ('late', now() - interval '1 hour')`;
  const undated: Database = {
    ...database,
    get sql() {
      return new Proxy(sql, { apply: () => Promise.resolve([{ there: true }]) });
    },
  };
  const { list } = await createReadList(undated, 60, unexpected)();
  const until = list.subjects.get(await digestOf("late")) ?? NaN;
  equal(until, Math.ceil(list.issuedAt));
  await sql`delete from gatekeeper.revocations`;
});

Deno.test("readings that overlap lose nothing", async () => {
  const { sql } = database;
  const [alice, bob] = [await digestOf("alice"), await digestOf("bob")];
  await sql`select gatekeeper.revoke(subject => 'alice')`;
  const slow = Promise.withResolvers<void>();
  let begun = 0;
  let isAnswered = false;
  /** The database, whose first answer about entries comes late: before it, it is asked for the table. */
  const holding: Database = {
    ...database,
    get sql() {
      const begin = async (...args: unknown[]) => {
        const isSlow = ++begun === 2;
        try {
          return await Reflect.apply(sql.begin, sql, args);
        } finally {
          isAnswered ||= isSlow;
          if (isSlow) await slow.promise;
        }
      };
      return new Proxy(sql, { get: (it, key) => key === "begin" ? begin : Reflect.get(it, key) });
    },
  };
  const read = createReadList(holding, 60, unexpected);
  const subjects = async () => [...(await read()).list.subjects.keys()].sort();
  const late = subjects();
  while (!isAnswered) await new Promise((resolve) => setTimeout(resolve, 10));
  await sql`select gatekeeper.revoke(subject => 'bob')`;
  deepEqual(await subjects(), [alice, bob].sort());
  const asked = subjects();
  slow.resolve();
  deepEqual(await late, [alice]);
  deepEqual(await asked, [alice, bob].sort());
  for (let i = 0; i < 3; i++) deepEqual(await subjects(), [alice, bob].sort());
  await sql`delete from gatekeeper.revocations`;
});

Deno.test("a table that may not be read is no empty list", async () => {
  const { sql } = database;
  await sql`create role reader login password 'reader'`;
  const url = new URL(postgres.url);
  url.username = url.password = "reader";
  const other = connect(url.href);
  try {
    await rejects(createReadList(other, 60, unexpected)(), /permission denied/);
    await sql`grant usage on schema gatekeeper to reader`;
    await rejects(createReadList(other, 60, unexpected)(), /permission denied/);
    await sql`grant select on gatekeeper.revocations to reader`;
    await rejects(createReadList(other, 60, unexpected)(), /permission denied/);
    await sql`grant execute on function gatekeeper.date_revocations to reader`;
    await createReadList(other, 60, unexpected)();
  } finally {
    await other.end({ timeout: 1 });
  }
});
