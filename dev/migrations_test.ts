import { deepEqual, rejects } from "node:assert/strict";
import postgres from "postgres";
import { testPostgres } from "../tests/support/postgres.ts";
import { tempDir } from "../tests/support/temp_dir.ts";
import { applyMigrations } from "./migrations.ts";

Deno.test("a migration that fails is named, and one that was edited since", async () => {
  await using database = await testPostgres();
  await using root = await tempDir();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const file = `${root.path}/supabase/migrations/1_create_items.sql`;
  await Deno.mkdir(`${root.path}/supabase/migrations`, { recursive: true });
  await Deno.writeTextFile(file, "create table items (id int);\n");
  const apply = async () => {
    const lines: string[] = [];
    await applyMigrations(database.url, root.path, (line) => lines.push(line));
    return lines;
  };
  try {
    await sql`create table items (other int)`;
    await rejects(apply, {
      code: "migration_failed",
      message: /^migration 1_create_items\.sql failed: .* already exists\. .*mend the file/,
    });
    await sql`drop table items`;
    deepEqual(await apply(), ["applied migration 1_create_items.sql"]);
    deepEqual(await apply(), []);
    await Deno.writeTextFile(file, "create table items (id bigint);\n");
    deepEqual(await apply(), [
      "migration 1_create_items.sql was edited after it was applied, and isn't applied again: undo " +
      "the edit and write a new migration, or on a development database delete .dev and start again",
    ]);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

Deno.test("two that start at once apply each migration once", async () => {
  await using database = await testPostgres();
  await using root = await tempDir();
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  // In the way of both, so that they meet for sure; rolled back, it leaves them an empty database.
  const inTheWay = sql.begin(async (tx) => {
    await tx`create schema supabase_migrations`;
    locked.resolve();
    await release.promise;
    throw new Error("rolled back");
  }).catch(() => {});
  try {
    await Deno.mkdir(`${root.path}/supabase/migrations`, { recursive: true });
    for (const name of ["1_one", "2_two"]) {
      const file = `${root.path}/supabase/migrations/${name}.sql`;
      await Deno.writeTextFile(file, `create table "${name}" ()`);
    }
    await locked.promise;
    const lines: string[] = [];
    const apply = () => applyMigrations(database.url, root.path, (line) => lines.push(line));
    const both = Promise.all([apply(), apply()]);
    for (let waiting = 0, i = 0; waiting < 2 && i < 500; i++) {
      const rows = await sql`select from pg_stat_activity where wait_event_type = 'Lock'`;
      waiting = rows.length;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    release.resolve();
    await both;
    deepEqual(lines.sort(), ["applied migration 1_one.sql", "applied migration 2_two.sql"]);
  } finally {
    release.resolve();
    await inTheWay;
    await sql.end({ timeout: 1 });
  }
});
