import assert from "node:assert/strict";
import { parse } from "libpg-query";
import postgres from "postgres";
import { check } from "../../cli/check/check.ts";
import { init } from "../../cli/init/init.ts";
import { tablesOfDatabase } from "../../cli/init/tables/database.ts";
import { readTables } from "../../cli/init/tables/read_tables.ts";
import type { Table } from "../../cli/init/tables/table.ts";
import { policiesFile } from "../../cli/init/templates/policies.ts";
import { testPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/process.ts";
import { tempDir } from "../support/temp_dir.ts";
import { runIn, writeFiles } from "./command.ts";
import { repositoryImports } from "./library.ts";

/** Migrations as people write them; Postgres and our reader must come to the same tables. */
const MIGRATIONS = [
  `-- create table comment (id int);
  /* nested /* twice */ create table nested (id int); */
  create schema if not exists app; create schema auth; create schema extra;
  CREATE TABLE IF NOT EXISTS Users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text);
  create table if not exists users (other int);
  create table app."Order Lines" (
    "Id" bigint generated always as identity primary key,
    owner_id uuid not null references users (id) on delete cascade,
    price numeric(10, 2) check (price > 0 and price < 1e6), -- not the ) end
    note varchar(40) default 'a, b); create table no (id int);',
    tags text[] default array['x', 'y'], at timestamp with time zone default now(),
    constraint positive check (price > 0), unique (owner_id, note)
  );
  create table auth.tokens (id int);
  create function f() returns void language plpgsql as $body$
  begin create table inside (id int); end; $body$;
  create function g() returns int language sql begin atomic select 1; select 2; end;`,
  `create table teams (id uuid primary key, name text, gone int, was int);
  create unlogged table team_members (team_id uuid references teams, user_id uuid,
    primary key (team_id, user_id));
  create temp table scratch (id int);
  create table parts (id int, day date) partition by range (day);
  create table parts_1 partition of parts for values from ('2026-01-01') to ('2026-02-01');
  create table old (id int); create table older (id int); drop table if exists old, older cascade;
  create table before (id int); alter table before rename to after_all;
  alter table only teams add column if not exists public boolean not null default false,
    drop column gone, add constraint named unique (name);
  alter table teams rename column was to "is";
  alter table if exists teams alter column name set not null, add slug text;
  create table moved (id int primary key); alter table moved set schema extra;
  create table locked (id int); alter table locked add also int, enable row level security;
  create table unlocked (id int); alter table unlocked enable row level security;
  alter table only unlocked disable row level security; alter table unlocked force row level security;
  create view teams_view as select * from teams;
  create table copied as select id, name from teams;
  create table weird ("a ""quoted"" name" int, "Ünï" text, e text default E'it\\'s; (');`,
];

const keys = (tables: readonly Table[]) =>
  tables.map(({ schema, name, columns, secured }) => [
    `${schema}.${name}`,
    columns.map(({ name }) => name),
    secured,
  ]);

Deno.test("the reader of migrations comes to the tables that Postgres comes to", async () => {
  await using database = await testPostgres();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  for (const migration of MIGRATIONS) await sql.unsafe(migration);
  await sql.unsafe("create extension if not exists pg_buffercache").catch(() => {});
  await sql.end();
  const inDatabase = await tablesOfDatabase(database.url);
  const names = inDatabase.map(({ name }) => name);
  assert.ok(names.includes("Order Lines") && names.includes("teams") && !names.includes("tokens"));
  // The columns of `create table … as` are only Postgres's to know.
  const known = inDatabase.map((table) =>
    table.name === "copied" ? { ...table, columns: [] } : table
  );
  assert.deepEqual(keys(readTables(MIGRATIONS)), keys(known));
});

Deno.test("the reader finds what Postgres's own parser finds in the example's migrations", async () => {
  const folder = `${ROOT}/supabase/migrations`;
  const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
  const texts = await Promise.all(names.map((name) => Deno.readTextFile(`${folder}/${name}`)));
  const trees = await Promise.all(texts.map((text) => parse(text)));
  const created = trees.flatMap(({ stmts = [] }) => stmts).flatMap(({ stmt }) =>
    stmt !== undefined && "CreateStmt" in stmt ? [stmt.CreateStmt.relation] : []
  ).filter((table) => table?.schemaname !== "gatekeeper").map((table) => table?.relname);
  assert.deepEqual(readTables(texts).map(({ name }) => name), created.sort());
});

Deno.test("what can't be SQL is read to its end", () => {
  for (
    const text of [
      "create table",
      "create table (",
      "'",
      "/*",
      "$a$",
      "alter table x add",
      '"',
      ")",
    ]
  ) {
    assert.deepEqual(
      readTables([text, "create table t (id int)"]).map(({ name }) => name),
      ["t"],
      text,
    );
  }
});

Deno.test("the examples fit: put in the place of deny, all of them pass check", async () => {
  await using database = await testPostgres();
  await using folder = await tempDir();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  for (const migration of MIGRATIONS) await sql.unsafe(migration);
  await sql.unsafe("create role anon; create role authenticated");
  await sql.end();
  const { code } = await runIn(folder.path, (cli) => init(cli), [
    ...["--deno", "--yes", "--database", database.url],
  ]);
  assert.equal(code, 0);
  const path = `${folder.path}/electric/policies.ts`;
  const denied = await Deno.readTextFile(path);
  const examples = denied.replace(/^ {2}(?!\/\/).*: deny,\n/gm, "").replace(/^ {2}\/\/ /gm, "  ");
  assert.doesNotMatch(examples, /: deny/);
  assert.match(examples, /^ {2}locked: rls,$/m);
  assert.match(
    examples,
    /teams: \({ user }\) => user && rows`id in \(select team_id from team_members/,
  );
  assert.match(examples, /^ {2}"app\.\\"Order Lines\\"": ownRows\("owner_id"\),$/m);
  for (const text of [denied, examples]) {
    await writeFiles(folder.path, {
      "electric/policies.ts": text,
      "electric/deno.json": await repositoryImports(),
    });
    const { output } = await runIn(folder.path, check, ["--database", database.url]);
    assert.equal(output, "electric/policies.ts: nothing found.");
  }
});

Deno.test("examples follow what columns and tables are called", () => {
  const example = (sql: string) => /\/\/ t: (.*),/.exec(policiesFile(readTables([sql])))?.[1];
  assert.equal(example(`create table t ("authorId" uuid)`), 'ownRows("authorId")');
  assert.equal(example("create table t (id int, published boolean)"), "rows`published`");
  assert.equal(example("create table t (id int)"), "({ user }) => user && rows`true`");
  assert.match(policiesFile([]), /No tables were found/);
  const chat =
    "create table notes (team_id uuid, owner_id uuid); create table t (team_id uuid, body text);";
  assert.equal(
    example(chat),
    "({ user }) => user && rows`true`",
    "whose note it is says nothing of teams",
  );
  assert.match(
    `${example(`${chat} create table team_members (team_id uuid, user_id uuid)`)}`,
    /in \(select team_id from team_members where user_id/,
  );
  assert.equal(example(`${chat} alter table t enable row level security`), "rls");
});
