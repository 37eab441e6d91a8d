import { deepEqual, match } from "node:assert/strict";
import { definePolicies, rls } from "../../gatekeeper/index.ts";
import { checkPolicies } from "../../gatekeeper/testing.ts";
import { openLab } from "./rls_lab.ts";

Deno.test("checkPolicies tells of row-level security that can't be a shape, once, also of tables that aren't named", async () => {
  await using lab = await openLab();
  await lab.sql.unsafe(`
    create table docs (id int primary key, title text);
    create table "Other" (id int primary key, at timestamptz);
    create table good (id int primary key, owner_id uuid);
    create table bare (id int primary key);
    alter table docs enable row level security; alter table "Other" enable row level security;
    alter table good enable row level security;
    create policy p on docs using (title like 'a%');
    create policy q on "Other" using (at > now());
    create policy r on good using (owner_id = auth.uid());
    grant select on docs, "Other", good, bare to anon, authenticated;`);
  const { sql } = lab;
  const [named, unnamed, ...others] = await checkPolicies(
    definePolicies({ docs: rls }, { otherwise: rls }),
    { database: sql },
  );
  deepEqual([named?.table, unnamed?.table, others], ["docs", '"Other"', []]);
  match(named?.message ?? "", /policy "p" of public\.docs can't be a shape: Electric has no ~~/);
  match(
    unnamed?.message ?? "",
    /policy "q" of public\.Other can't be a shape: now\(\) is the time/,
  );
  const [more, ...none] = await checkPolicies(definePolicies({ docs: rls }), { database: sql });
  deepEqual([more?.table, none], ["docs", []]);
});
