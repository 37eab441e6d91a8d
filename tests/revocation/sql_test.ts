import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import postgres, { type Sql } from "postgres";
import { applyMigrations } from "../../dev/migrations.ts";
import { makeSupabaseSchema } from "../../dev/supabase_schema.ts";
import { readPage } from "../readme/readme.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/process.ts";

const running = new AsyncDisposableStack();
let database: TestPostgres;
let sql: Sql;
Deno.test.beforeAll(async () => {
  database = running.use(await testPostgres());
  await makeSupabaseSchema(database.url);
  await applyMigrations(database.url, ROOT, () => {});
  sql = postgres(database.url, { max: 4, onnotice: () => {} });
  running.defer(() => sql.end({ timeout: 1 }));
});
Deno.test.afterAll(() => running.disposeAsync());

interface Row {
  readonly subject: string | null;
  readonly table: string | null;
}

/** What was revoked since the last call. */
async function taken(): Promise<Row[]> {
  const rows = await sql<(Row & { id: number })[]>`
    delete from gatekeeper.revocations
    returning id::int, subject, table_schema || '.' || table_name as "table"`;
  return rows.sort((a, b) => a.id - b.id).map(({ subject, table }) => ({ subject, table }));
}

Deno.test("someone, a table, or everyone: one at a time, and only what is there", async () => {
  await sql`create table "Order Lines" (id int)`;
  await taken();
  await sql`select gatekeeper.revoke(subject => 'u1')`;
  await sql`select gatekeeper.revoke(table_name => 'Todos')`;
  await sql`select gatekeeper.revoke(table_name => 'public."Order Lines"')`;
  await sql`select gatekeeper.revoke(everyone => true)`;
  deepEqual(await taken(), [
    { subject: "u1", table: null },
    { subject: null, table: "public.todos" },
    { subject: null, table: "public.Order Lines" },
    { subject: null, table: null },
  ]);
  for (
    const args of [
      "",
      "subject => null",
      "subject => ''",
      "everyone => false",
      "subject => 'u1', everyone => true",
      "subject => 'u1', table_name => 'todos'",
      "table_name => 'todoes'",
      "table_name => 'a.b.c'",
      "table_name => 'todos; drop table todos'",
      `table_name => '"Todos"'`,
    ]
  ) {
    await rejects(sql.unsafe(`select gatekeeper.revoke(${args})`), postgres.PostgresError, args);
  }
  deepEqual(await taken(), []);
});

Deno.test("it is dated once, in whole seconds, when a gatekeeper sees it", async () => {
  await sql.begin(async (tx) => {
    await tx`select gatekeeper.revoke(subject => 'late')`;
    // What isn't committed is seen by none.
    await sql`select gatekeeper.date_revocations()`;
  });
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const seenAt = Date.now() / 1000;
  const date = async () => {
    await sql`select gatekeeper.date_revocations()`;
    const [row] = await sql<{ before: number }[]>`
      select extract(epoch from before)::float8 as before from gatekeeper.revocations where seen`;
    return row?.before ?? NaN;
  };
  const before = await date();
  equal(before, Math.floor(before));
  ok(before > seenAt - 0.1 && before <= seenAt + 1.5, `${before - seenAt} s`);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  equal(await date(), before);
  await sql.begin(async (tx) => {
    await tx`select gatekeeper.revoke(subject => 'never')`;
    await tx.unsafe("rollback; begin");
  });
  deepEqual(await taken(), [{ subject: "late", table: null }]);
});

Deno.test("what no token can be of any more goes away", async () => {
  await sql`
    insert into gatekeeper.revocations (subject, before)
    values ('old', now()), ('older', now())`;
  await sql`update gatekeeper.revocations set before = now() - interval '3 days', seen = true`;
  await sql`select gatekeeper.revoke(subject => 'new')`;
  deepEqual(await taken(), [{ subject: "new", table: null }]);
});

Deno.test("the API's roles can neither revoke, nor see, nor undo it", async (t) => {
  await sql`select gatekeeper.revoke(subject => 'u1')`;
  const attacks = [
    "select gatekeeper.revoke(everyone => true)",
    "select gatekeeper.date_revocations()",
    "select * from gatekeeper.revocations",
    "delete from gatekeeper.revocations",
    "update gatekeeper.revocations set before = 'epoch'",
    "insert into gatekeeper.revocations (before) values (now())",
    "truncate gatekeeper.revocations",
    "drop table gatekeeper.revocations",
    "create function gatekeeper.f() returns int language sql as 'select 1'",
    "create or replace function gatekeeper.revoke(subject text, everyone boolean, table_name text) " +
    "returns void language sql as 'select'",
    "alter table gatekeeper.revocations disable trigger all",
  ];
  const as = (role: string, statement: string) =>
    sql.begin(async (tx) => {
      await tx.unsafe(`set local role ${role}`);
      await tx.unsafe(statement);
    });
  for (const role of ["anon", "authenticated"]) {
    await t.step(role, async () => {
      for (const attack of attacks) {
        await rejects(as(role, attack), /permission denied|must be owner/, attack);
      }
    });
  }
  await t.step("service_role may revoke and read, no more", async () => {
    await as("service_role", "select gatekeeper.revoke(subject => 'u2')");
    await as("service_role", "select * from gatekeeper.revocations");
    for (const attack of attacks.slice(3)) {
      await rejects(as("service_role", attack), /permission denied|must be owner/, attack);
    }
  });
  deepEqual(await taken(), [{ subject: "u1", table: null }, { subject: "u2", table: null }]);
});

Deno.test("a caller's search_path and temporary tables lead it nowhere", async () => {
  await sql.begin(async (tx) => {
    await tx.unsafe(`
      create schema evil;
      create function evil.parse_ident(text) returns text[] language sql as $$ select '{evil,evil}'::text[] $$;
      create function evil.clock_timestamp() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
      create temporary table revocations (id int, subject text, before timestamptz);
      set local search_path = evil, pg_temp, pg_catalog, public;
      grant usage on schema evil to service_role;
      set local role service_role;
      select gatekeeper.revoke(table_name => 'todos')`);
  });
  deepEqual(await taken(), [{ subject: null, table: "public.todos" }]);
  await sql`drop schema evil cascade`;
});

Deno.test("a long name is the one that Postgres has", async () => {
  const long = "t".repeat(70);
  await sql.unsafe(`create table ${long} (id int)`);
  await sql`select gatekeeper.revoke(table_name => ${long})`;
  deepEqual(await taken(), [{ subject: null, table: `public.${long.slice(0, 63)}` }]);
});

/** What anybody with SQL of their own may make: a type whose check runs as whoever casts to it. */
const EVIL_TYPES = `
  create function pg_temp.evil(value pg_catalog.text) returns boolean language plpgsql
    as $$ begin execute 'alter role eve superuser'; return true; end $$;
  create domain pg_temp.text as pg_catalog.text check (pg_temp.evil(value));
  create domain pg_temp.timestamptz as pg_catalog.timestamptz check (pg_temp.evil('now'))`;

/** Does as a role of her own, with types of hers, and gives whether that made her a superuser. */
async function asEve(statement: string): Promise<boolean> {
  const hers = postgres(database.url, { max: 1, onnotice: () => {} });
  try {
    await hers.unsafe(`set role eve; ${EVIL_TYPES}; ${statement}`);
  } finally {
    await hers.end({ timeout: 1 });
  }
  const [eve] = await sql`select rolsuper from pg_roles where rolname = 'eve'`;
  return eve?.rolsuper;
}

Deno.test("a caller's types get nobody the owner's rights", async () => {
  await sql`create role eve`;
  await sql`grant usage on schema gatekeeper to eve`;
  await sql`grant execute on function gatekeeper.revoke to eve`;
  equal(await asEve("select gatekeeper.revoke(subject => 'u1'::pg_catalog.text)"), false);
  equal(await asEve("select gatekeeper.revoke(table_name => 'todos'::pg_catalog.text)"), false);
  equal((await taken()).length, 2);
});

Deno.test("the triggers of docs/revocation.md revoke when a right goes away", async (t) => {
  const { text } = await readPage("docs/revocation.md");
  const blocks = [...text.matchAll(/```sql\n([^]*?)```/g)].flatMap(([, block]) => block ?? []);
  const triggers = blocks.filter((block) => block.includes("create trigger"));
  equal(triggers.length, 2);
  for (const trigger of triggers) await sql.unsafe(trigger);
  const alice = "00000000-0000-4000-8000-00000000a11c";
  await sql`insert into users (id, name, email) values (${alice}, 'alice', 'a@example.com')`;
  await sql`insert into auth.users (id, email) values (${alice}, 'a@example.com')`;
  await sql`insert into organisations (id, name) values (${alice}, 'Acme')`;
  const join = () => sql`insert into members values (${alice}, ${alice})`;
  await join();
  await t.step("a member who leaves, by whom ever may delete the row", async () => {
    await sql`grant select, delete on members to authenticated`;
    await sql`create policy "may leave" on members for delete to authenticated using (true)`;
    await sql`create policy "sees all" on members for select to authenticated using (true)`;
    await sql.begin(async (tx) => {
      await tx`set local role authenticated`;
      equal((await tx`delete from members`).count, 1);
    });
    deepEqual(await taken(), [{ subject: alice, table: null }]);
  });
  await t.step("whose types get them nothing", async () => {
    await join();
    await sql`grant select, delete on members to eve`;
    await sql`create policy "eve" on members to eve using (true)`;
    equal(await asEve("delete from public.members"), false);
    deepEqual(await taken(), [{ subject: alice, table: null }]);
  });
  await t.step("and nobody when one comes", async () => {
    await join();
    deepEqual(await taken(), []);
  });
  await t.step("an invitation that nobody took may go", async () => {
    await sql`create table invited (user_id uuid)`;
    await sql`create trigger revoke after delete on invited
      for each row execute function gatekeeper.revoke_former_member()`;
    await sql`insert into invited values (null)`;
    equal((await sql`delete from invited`).count, 1);
    deepEqual(await taken(), []);
  });
  await t.step("a user who is banned, but not one whose ban ends", async () => {
    await sql`update auth.users set banned_until = now() + interval '1 day'`;
    deepEqual(await taken(), [{ subject: alice, table: null }]);
    await sql`update auth.users set banned_until = null`;
    await sql`update auth.users set email = 'b@example.com'`;
    deepEqual(await taken(), []);
  });
  match(text, /security definer/);
});
