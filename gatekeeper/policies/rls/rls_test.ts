import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { testPolicies } from "../../testing.ts";
import postgres, { type Sql } from "postgres";
import { makeSupabaseSchema } from "../../../dev/supabase_schema.ts";
import { type TestPostgres, testPostgres } from "../../../tests/support/postgres.ts";
import { definePolicies } from "../policy.ts";
import { rls } from "./rls.ts";

const ALICE = { id: "8f0f3e1a-0000-4000-8000-000000000001" };
const ORG = "8f0f3e1a-0000-4000-8000-00000000000a";

const policies = definePolicies({}, { otherwise: rls });
let database: TestPostgres;
let sql: Sql;
Deno.test.beforeAll(async () => {
  database = await testPostgres();
  await makeSupabaseSchema(database.url);
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`
    create table members (organisation_id uuid, user_id uuid, role text not null default 'member',
      primary key (organisation_id, user_id));
    create table docs (id uuid primary key default gen_random_uuid(), owner_id uuid,
      organisation_id uuid, public boolean not null default false, title text, secret text);
    create table open (id int primary key);
    alter table docs enable row level security;
    create table docs2 (id uuid primary key, owner_id uuid);
    grant select on members, docs, docs2, open to anon, authenticated;`);
});
Deno.test.afterAll(async () => {
  await sql.end();
  await database[Symbol.asyncDispose]();
});

/** The clause and its values for a user, with only this policy on `docs`. */
async function clauseOf(using: string, as: { id: string; claims?: object } | null = ALICE) {
  await sql.unsafe(
    `drop policy if exists p on docs; create policy p on docs for select using (${using})`,
  );
  const result = await testPolicies(policies, {
    as: as === null ? null : { ...as, claims: { ...as.claims } },
    on: "docs",
    database: sql,
  });
  return { ...result, where: result.shape?.where ?? null, params: result.shape?.params ?? [] };
}

Deno.test("six common policies become shapes", async () => {
  const cases: readonly [using: string, where: string, params: string[]][] = [
    ["(select auth.uid()) = owner_id", "CAST($1 AS uuid) = owner_id", [ALICE.id]],
    [
      "organisation_id in (select organisation_id from members where user_id = (select auth.uid()))",
      "organisation_id IN (SELECT organisation_id FROM public.members WHERE user_id = CAST($1 AS uuid))",
      [ALICE.id],
    ],
    [
      "exists (select 1 from members m where m.organisation_id = docs.organisation_id and m.user_id = auth.uid() and m.role = 'admin')",
      "organisation_id IN (SELECT organisation_id FROM public.members WHERE user_id = CAST($1 AS uuid) AND role = 'admin'::text)",
      [ALICE.id],
    ],
    ["public or (auth.jwt() ->> 'role') = 'admin'", "public", []],
    [
      "organisation_id = any (array(select organisation_id from members where user_id = auth.uid()))",
      "organisation_id IN (SELECT organisation_id FROM public.members WHERE user_id = CAST($1 AS uuid))",
      [ALICE.id],
    ],
  ];
  for (const [using, where, params] of cases) {
    const found = await clauseOf(using);
    equal(found.allowed, true, `${using} ${found.message}`);
    equal(found.where, where);
    deepEqual(found.params, params);
  }
});

Deno.test("NOT IN is a shape where no NULL can be", async () => {
  const found = await clauseOf("id not in (select user_id from members where role = 'banned')");
  match(`${found.where}`, /NOT \(?id IN \(SELECT user_id FROM public\.members/);
  const tested = await clauseOf(
    "id not in (select owner_id from docs2 where owner_id is not null)",
  );
  match(`${tested.where}`, /owner_id IS NOT NULL/);
});

Deno.test("claims are values, and a missing one lets nothing through", async () => {
  const tenant = "(auth.jwt() -> 'app_metadata' ->> 'tenant')::uuid = organisation_id";
  const found = await clauseOf(tenant, { ...ALICE, claims: { app_metadata: { tenant: ORG } } });
  deepEqual([found.where, found.params], ["CAST($1 AS uuid) = organisation_id", [ORG]]);
  equal((await clauseOf(tenant)).reason, "denied");
  equal((await clauseOf("auth.uid() = owner_id", null)).reason, "denied");
});

Deno.test("row-level security that is off, or can't be a shape, is refused with its reason", async () => {
  await rejects(
    testPolicies(policies, { as: ALICE, on: "open", database: sql }),
    /no row-level security/,
  );
  const refused: readonly [using: string, says: RegExp][] = [
    ["random() > 0.5", /random\(\) is volatile/],
    ["title ~ 'x'", /Electric|operator/],
    [
      "not exists (select 1 from members m where m.user_id = docs.owner_id)",
      /policy "p" of public\.docs can't be a shape: EXISTS under a NOT/,
    ],
    // Nothing says that there is no NULL on either side.
    ["id not in (select owner_id from docs2)", /owner_id may be NULL.*owner_id IS NOT NULL/],
    ["owner_id not in (select user_id from members)", /owner_id may be NULL/],
    [
      "coalesce(owner_id, id) not in (select user_id from members)",
      /what stands left of IN \(SELECT …\) isn't a column/,
    ],
    [
      "(select role from members where user_id = auth.uid() limit 1) = 'admin'",
      /stands for a value/,
    ],
  ];
  for (const [using, says] of refused) {
    await rejects(clauseOf(using), (error) => {
      match(String(error), says);
      return true;
    });
  }
});

Deno.test("claims are never SQL, and no claim makes a user of the API somebody else", async () => {
  const hostile = [
    "' or true --",
    '"; drop table docs; --',
    "$1",
    "}'::jsonb",
    "\\",
    "\u0000".repeat(0),
    "x".repeat(5000),
  ];
  for (const text of hostile) {
    const found = await clauseOf("title = (auth.jwt() ->> 'title')", {
      ...ALICE,
      claims: { title: text },
    });
    equal(found.where, "title = CAST($1 AS text)");
    deepEqual(found.params, [text]);
  }
  const many = Array.from({ length: 100 }, () => crypto.randomUUID());
  const list = await clauseOf(
    "organisation_id = any (array(select jsonb_array_elements_text(auth.jwt() -> 'orgs')::uuid))",
    { ...ALICE, claims: { orgs: many } },
  );
  deepEqual([list.where, list.params], ["organisation_id = ANY ($1)", [`{${many.join()}}`]]);
  await sql.unsafe("create policy q on docs for all to service_role using (true)");
  for (
    const role of [
      "postgres",
      "service_role",
      "nobody",
      "authenticated; reset role",
      "pg_read_all_data",
    ]
  ) {
    const asking = testPolicies(policies, {
      as: { ...ALICE, role, claims: { role } },
      on: "docs",
      database: sql,
    });
    await rejects(asking, /passes row-level security by|there is no role|may not log in/, role);
  }
  await sql.unsafe("drop policy q on docs");
});

Deno.test("policies that read each other are refused, as Postgres refuses them", async () => {
  await sql.unsafe(`alter table members enable row level security;
    create policy m on members for select using (organisation_id in (select organisation_id from docs))`);
  await rejects(
    clauseOf("organisation_id in (select organisation_id from members where user_id = auth.uid())"),
    /read that table itself/,
  );
  await sql.unsafe(
    "drop policy m on members; create policy m on members for select using (user_id = auth.uid())",
  );
  // The inner table's own security is part of the clause.
  const merged = await clauseOf("organisation_id in (select organisation_id from members)");
  equal(
    merged.where,
    "organisation_id IN (SELECT organisation_id FROM public.members WHERE user_id = CAST($1 AS uuid))",
  );
  // Also where the policy asks the same: once is enough.
  const twice = await clauseOf(
    "organisation_id in (select organisation_id from members where user_id = auth.uid())",
  );
  equal(twice.where, merged.where);
  deepEqual(twice.params, [ALICE.id]);
  await sql.unsafe("drop policy m on members; alter table members disable row level security");
});

Deno.test("a table of the same name in another schema stays apart, whatever the path says", async () => {
  await sql.unsafe(`create schema other; grant usage on schema other to authenticated;
    create table other.members (like public.members);
    grant select on other.members to authenticated;
    create function other.uid() returns uuid language sql stable as $$ select null::uuid $$;
    grant execute on function other.uid() to authenticated;`);
  const apart = await clauseOf(
    "organisation_id in (select organisation_id from other.members where user_id = auth.uid())",
  );
  equal(
    apart.where,
    "organisation_id IN (SELECT organisation_id FROM other.members WHERE user_id = CAST($1 AS uuid))",
  );
  await sql.unsafe("set search_path = other, public");
  const public_ = await clauseOf(
    "organisation_id in (select organisation_id from public.members where user_id = uid())",
  );
  await sql.unsafe("reset search_path");
  equal(public_.reason, "denied", "other.uid() gives nobody");
  await sql.unsafe("revoke select on other.members from authenticated");
  await rejects(
    clauseOf(
      "organisation_id in (select organisation_id from other.members where user_id = auth.uid())",
    ),
    /may not select \w+ of other\.members/,
  );
});

Deno.test("columns that weren't granted aren't in the shape; without the key there is none", async () => {
  await clauseOf("auth.uid() = owner_id");
  await sql.unsafe(
    "revoke select on docs from authenticated; grant select (id, title) on docs to authenticated",
  );
  const some = await clauseOf("auth.uid() = owner_id");
  deepEqual(some.shape?.columns, ["id", "title"]);
  await sql.unsafe("revoke select (id) on docs from authenticated");
  await rejects(
    clauseOf("auth.uid() = owner_id"),
    /may not select id of docs, which is of its key/,
  );
  await sql.unsafe("grant select on docs to authenticated");
});

Deno.test("a table that isn't there looks to clients like one that can't be a shape", async () => {
  for (const on of ["nothing", "pg_catalog.pg_authid", "auth.users"]) {
    const asking = testPolicies(policies, { as: ALICE, on, database: sql });
    const outcome = await asking.catch((error: Error) => error);
    const isRefused = outcome instanceof Error
      ? /rls_refused|RlsRefused/.test(outcome.message)
      : !outcome.allowed;
    equal(isRefused, true, `${on} ${outcome}`);
  }
});
