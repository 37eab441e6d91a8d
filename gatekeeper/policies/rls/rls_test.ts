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
    grant select on members, docs, open to anon, authenticated;`);
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
      "organisation_id IN (SELECT organisation_id FROM members WHERE user_id = CAST($1 AS uuid))",
      [ALICE.id],
    ],
    [
      "exists (select 1 from members m where m.organisation_id = docs.organisation_id and m.user_id = auth.uid() and m.role = 'admin')",
      "organisation_id IN (SELECT organisation_id FROM members WHERE user_id = CAST($1 AS uuid) AND role = 'admin'::text)",
      [ALICE.id],
    ],
    ["public or (auth.jwt() ->> 'role') = 'admin'", "public", []],
    [
      "organisation_id = any (array(select organisation_id from members where user_id = auth.uid()))",
      "organisation_id IN (SELECT organisation_id FROM members WHERE user_id = CAST($1 AS uuid))",
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
