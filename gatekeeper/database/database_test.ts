import { deepEqual, equal, rejects } from "node:assert/strict";
import { testPostgres } from "../../tests/support/postgres.ts";
import { connect, isAway, isTransactionPooler, readOnly } from "./database.ts";

Deno.test("transaction poolers are known by their port or flag", () => {
  const pooler = (tail: string) => isTransactionPooler(`postgresql://u:p@db.example${tail}`);
  deepEqual([":6543/postgres", ":5432/a?pgbouncer=true"].map(pooler), [true, true]);
  deepEqual(["/a", ":5432/a", ":5432/6543?pgbouncer=false"].map(pooler), [false, false, false]);
});

Deno.test("statements are prepared only where they can be found again", async () => {
  await using database = await testPostgres();
  for (const [tail, prepared] of [["", true], ["?pgbouncer=true", false]] as const) {
    const asked = connect(`${database.url}${tail}`, { max: 1, idle_timeout: 60 });
    try {
      for (const n of [1, 2, 3]) await readOnly(asked, async (tx) => await tx`select ${n}::int`);
      const found = await asked.sql`select from pg_prepared_statements where statement ~ '::int'`;
      equal(found.length > 0, prepared);
      await rejects(readOnly(asked, async (tx) => await tx`create table t ()`), /read-only/);
    } finally {
      await asked.end({ timeout: 1 });
    }
  }
});

Deno.test("what is set in a transaction isn't set for the next one on its connection", async () => {
  await using server = await testPostgres();
  const database = connect(server.url, { max: 1, idle_timeout: 60 });
  const see = () =>
    readOnly(database, async (tx) => {
      const [seen] = await tx`select pg_backend_pid() as pid, current_user::text as who,
        current_setting('search_path') as path, current_setting('my.own', true) as own`;
      return { ...seen };
    });
  try {
    const before = await see();
    const given = await readOnly(database, async (tx) => {
      await tx`set role pg_monitor`;
      await tx`select set_config('search_path', 'pg_temp', false), set_config('my.own', 'x', false)`;
      await tx`set datestyle = 'German'`;
      await tx`listen something`;
      return "given";
    });
    equal(given, "given");
    deepEqual(await see(), { ...before, own: "" });
    const rows = await readOnly(database, (tx) => tx`select pg_listening_channels()`);
    equal(rows.length, 0);
  } finally {
    await database.end({ timeout: 1 });
  }
});

Deno.test("a connection that is lost in a transaction fails that, and the next one works", async () => {
  await using server = await testPostgres();
  const database = connect(server.url, { max: 2, idle_timeout: 60 });
  const other = connect(server.url, { max: 1, idle_timeout: 60 });
  try {
    for (const wait of [true, false]) {
      const pid = Promise.withResolvers<number>();
      const lost = readOnly(database, async (tx) => {
        const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
        pid.resolve(row?.pid ?? 0);
        if (wait) await new Promise((resolve) => setTimeout(resolve, 200));
        else await tx`select pg_sleep(2)`;
      });
      const failed = rejects(lost, isAway);
      await other.sql`select pg_terminate_backend(${await pid.promise})`;
      await failed;
      const [row] = await readOnly(database, async (tx) => await tx`select 1 as one`);
      equal(row?.["one"], 1);
    }
  } finally {
    await database.end({ timeout: 1 });
    await other.end({ timeout: 1 });
  }
});

Deno.test("a statement that takes too long doesn't cost others their connections", async () => {
  await using server = await testPostgres();
  const database = connect(server.url, { max: 2, idle_timeout: 60 });
  try {
    const { sql } = database;
    await rejects(readOnly(database, async (tx) => await tx`select pg_sleep(60)`), isAway);
    equal(database.sql, sql);
  } finally {
    await database.end({ timeout: 1 });
  }
});
