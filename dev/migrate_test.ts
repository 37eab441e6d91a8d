import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Sql } from "postgres";
import { type TestPostgres, testPostgres } from "../tests/support/postgres.ts";
import { tempDir } from "../tests/support/temp_dir.ts";
import { connect, type Database } from "../gatekeeper/database/database.ts";
import { migrate, MigrationError } from "./migrate.ts";

let postgres: TestPostgres;
Deno.test.beforeAll(async () => {
  postgres = await testPostgres();
});
Deno.test.afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
});

/** Runs `work` with a database that has no migrations, and an empty folder. */
async function fresh(work: (sql: Sql, folder: string) => Promise<void>): Promise<void> {
  await using folder = await tempDir();
  const database: Database = connect(postgres.url, { max: 1, idle_timeout: 60 });
  try {
    await database.sql.unsafe(`
      drop schema if exists supabase_migrations cascade;
      drop table if exists one, two;`);
    await work(database.sql, folder.path);
  } finally {
    await database.end({ timeout: 1 });
  }
}

const failure = (message: string) => (error: unknown) => {
  if (!(error instanceof MigrationError)) throw error;
  deepEqual([error.message, error.code], [message, "migration_failed"]);
  return true;
};

Deno.test("a failing migration is named, with its line, and nothing is applied", () =>
  fresh(async (sql, folder) => {
    await Deno.writeTextFile(`${folder}/1_one.sql`, "create table one (id int primary key);");
    const second = "-- ä 😀\nselect 1;\n  select nothing;\n";
    await Deno.writeTextFile(`${folder}/2_two.sql`, second);
    await rejects(
      migrate(sql, folder),
      failure(
        'migration 2_two.sql failed at line 3, column 10: column "nothing" does not exist. ' +
          "No migration was applied: mend the file, then start again",
      ),
    );
    equal((await sql`select to_regclass('one') as one`)[0]?.one, null);
    await Deno.writeTextFile(`${folder}/2_two.sql`, "create table two (id int primary key);");
    deepEqual(await migrate(sql, folder), { applied: ["1_one.sql", "2_two.sql"], edited: [] });
  }));

Deno.test("a migration that fails without a position is told in one line, too", () =>
  fresh(async (sql, folder) => {
    const text = "do $$ begin\n  raise 'no\nway';\nend $$;";
    await Deno.writeTextFile(`${folder}/1_one.sql`, text);
    await rejects(
      migrate(sql, folder),
      failure(
        "migration 1_one.sql failed (PL/pgSQL function inline_code_block line 2 at RAISE): no way. " +
          "No migration was applied: mend the file, then start again",
      ),
    );
  }));

Deno.test("a migration that was edited after it was applied is named and left alone", () =>
  fresh(async (sql, folder) => {
    const file = `${folder}/1_one.sql`;
    await Deno.writeTextFile(file, "create table one (id int primary key);\n");
    deepEqual(await migrate(sql, folder), { applied: ["1_one.sql"], edited: [] });
    deepEqual(await migrate(sql, folder), { applied: [], edited: [] });
    await Deno.writeTextFile(file, "create table one (id int primary key);\r\n");
    deepEqual(await migrate(sql, folder), { applied: [], edited: [] });
    await Deno.writeTextFile(file, "create table one (id int primary key, more text);\n");
    deepEqual(await migrate(sql, folder), { applied: [], edited: ["1_one.sql"] });
  }));

Deno.test("what the Supabase CLI noted in its own way isn't taken for an edit", () =>
  fresh(async (sql, folder) => {
    await sql.unsafe(`
      create schema supabase_migrations;
      create table supabase_migrations.schema_migrations
        (version text primary key, statements text[], name text);
      insert into supabase_migrations.schema_migrations values
        ('1', '{"create table one ()","create table two ()"}', 'one'),
        ('2', '{"select 1"}', 'two'), ('3', null, 'three'), ('4', '{}', 'four');`);
    for (const name of ["1_one", "2_two", "3_three", "4_four"]) {
      await Deno.writeTextFile(`${folder}/${name}.sql`, "select 1; -- the first\n");
    }
    deepEqual(await migrate(sql, folder), { applied: [], edited: [] });
    // As CLIs from before 2023 made it.
    await sql`alter table supabase_migrations.schema_migrations drop column statements`;
    deepEqual(await migrate(sql, folder), { applied: [], edited: [] });
  }));

Deno.test("without a folder or files there is nothing to apply", () =>
  fresh(async (sql, folder) => {
    for (const empty of [folder, `${folder}/missing`]) {
      deepEqual(await migrate(sql, empty), { applied: [], edited: [] });
    }
  }));
