import { deepEqual } from "node:assert/strict";
import postgres from "postgres";
import { testPostgres } from "../../tests/support/postgres.ts";
import { missingTables } from "./missing_tables.ts";
import { allow, definePolicies } from "../policies/policy.ts";

Deno.test("policies for what is no table are named", async () => {
  await using server = await testPostgres();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  try {
    await sql`create table "Odd ""name" ()`;
    await sql`create schema app create table notes ()`;
    await sql`create view seen as select 1 as one`;
    const policies = definePolicies({
      '"Odd ""name"': allow,
      "app.notes": allow,
      seen: allow,
      itms: allow,
      "other.notes": allow,
    });
    deepEqual(await missingTables(sql, policies), [
      { table: "seen", kind: "v" },
      { table: "itms", kind: null },
      { table: "other.notes", kind: null },
    ]);
    deepEqual(await missingTables(sql, definePolicies({})), []);
  } finally {
    await sql.end({ timeout: 1 });
  }
});
