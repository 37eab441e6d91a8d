import { deepEqual, equal, rejects } from "node:assert/strict";
import { testPostgres } from "../tests/support/postgres.ts";
import { connect, isTransactionPooler, readOnly } from "./database.ts";

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
