import postgres from "postgres";
import { offerHelp } from "../cli/help.ts";
import { makeSupabaseSchema } from "../dev/supabase_schema.ts";
import { createGatekeeper, definePolicies, type Policy, rls, rows } from "../gatekeeper/index.ts";
import { testPostgres } from "../tests/support/postgres.ts";
import { median, printTimes } from "./time.ts";

offerHelp(`Measures what a token takes whose shape is a table's row-level security.

  deno task bench:rls`);

const USER = "8f0f3e1a-0000-4000-8000-000000000001";
const MEMBER = "select organisation_id from members where user_id =";

const SCHEMA = `
create table members (organisation_id uuid, user_id uuid, primary key (organisation_id, user_id));
create table own (id uuid primary key, owner_id uuid);
create table shared (id uuid primary key, organisation_id uuid);
insert into members select gen_random_uuid(), '${USER}' from generate_series(1, 5);
alter table own enable row level security;
alter table shared enable row level security;
create policy own on own for select using ((select auth.uid()) = owner_id);
create policy shared on shared for select
  using (organisation_id in (${MEMBER} (select auth.uid())));
grant select on members, own, shared to authenticated;`;

/** The same rows, by who writes the clause. */
const WRITERS: Readonly<Record<string, Readonly<Record<string, Policy>>>> = {
  "a clause": {
    own: ({ user }) => user && rows`owner_id = ${user.id}`,
    shared: ({ user }) =>
      user && rows`organisation_id in (select organisation_id from members
      where user_id = ${user.id})`,
  },
  "a query and a list": {
    shared: async ({ user, sql }) => {
      if (user === null) return false;
      const own = await sql`
        select organisation_id from members where user_id = ${user.id}`;
      return rows`organisation_id = any(${own})`;
    },
  },
  rls: { own: rls, shared: rls },
};

/** Rounds, and calls in a row of each case in a round: taking turns, all cases meet the same machine. */
const ROUNDS = 30;
const CALLS = 20;

await using database = await testPostgres();
await makeSupabaseSchema(database.url);
const sql = postgres(database.url, { max: 4, onnotice: () => {} });
await sql.unsafe(SCHEMA);
const gatekeepers = Object.entries(WRITERS).map(([writer, policies]) => ({
  writer,
  tables: Object.keys(policies),
  gatekeeper: createGatekeeper({
    policies: definePolicies(policies),
    database: sql,
    authenticate: () => ({ id: USER }),
    env: { AUTH_SECRET: "bench-only-".repeat(4), ELECTRIC_URL: "http://127.0.0.1:1" },
    log: () => {},
  }),
}));
const taken = new Map<string, number[]>();
for (let round = 0; round <= ROUNDS; round++) {
  for (const { writer, tables, gatekeeper } of gatekeepers) {
    for (const table of tables) {
      const start = performance.now();
      for (let i = 0; i < CALLS; i++) await askToken(gatekeeper, table);
      const name = `${table}: ${writer}`;
      const times = taken.get(name) ?? [];
      taken.set(name, times);
      // The first warms up.
      if (round > 0) times.push((performance.now() - start) * 1000 / CALLS);
    }
  }
}
for (const { gatekeeper } of gatekeepers) await gatekeeper.stop();
await sql.end();
for (const table of ["own", "shared"]) {
  const ofTable = [...taken].filter(([name]) => name.startsWith(table));
  printTimes(Object.fromEntries(ofTable.map(([name, times]) => [name, median(times)])));
}

async function askToken(
  { fetch }: ReturnType<typeof createGatekeeper>,
  table: string,
): Promise<void> {
  const response = await fetch(
    new Request(`http://bench/gatekeeper/${table}`, { method: "POST" }),
  );
  if (!response.ok) throw new Error(`${table}: ${await response.text()}`);
  await response.body?.cancel();
}
