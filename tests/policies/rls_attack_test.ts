import { deepEqual, equal, match } from "node:assert/strict";
import { type Experiment, openLab } from "./rls_lab.ts";

/** `docs` with row-level security, these columns and this policy. */
const docs = (columns: string, using: string) => `
  create table docs (id int primary key, ${columns});
  alter table docs enable row level security;
  grant select on docs to authenticated;
  create policy p on docs using (${using});`;

const A = "00000000-0000-4000-8000-00000000000a";

Deno.test("what can't be a shape exactly is refused, with the policy and a way out", async (t) => {
  await using lab = await openLab();
  const cases: readonly [what: string, experiment: Experiment, says: RegExp][] = [
    ["EXISTS over a table that the role may not read", {
      setup: `create table m (org int primary key);
        ${docs("k int", "exists (select 1 from m where m.org = docs.k)")}`,
    }, /may not select org of public\.m/],
    ["EXISTS over a column that the role may not read", {
      setup:
        `create table m (secret int primary key, u uuid); grant select (u) on m to authenticated;
        ${docs("k int", "exists (select 1 from m where m.secret = docs.k and m.u = auth.uid())")}`,
    }, /may not select secret of public\.m/],
    ["FROM ONLY", {
      setup: `create table m (id int primary key); grant select on m to authenticated;
        ${docs("a int", "id in (select id from only m)")}`,
    }, /policy "p" of public\.docs can't be a shape: ONLY/],
    ["a table that others inherit from", {
      setup: `create table m (id int primary key); create table child () inherits (m);
        grant select on m to authenticated;
        ${docs("a int", "id in (select id from m)")}`,
    }, /tables inherit from public\.m/],
    ["the time", {
      setup: docs("at timestamptz", "at > now()"),
    }, /policy "p" of public\.docs can't be a shape: now\(\) is the time/],
    ["the date", { setup: docs("at date", "at > current_date - 7") }, /current_date is the time/],
    ["the local time", { setup: docs("at timestamp", "at > localtimestamp") }, /localtimestamp is/],
    ["a part that is only of the time", {
      setup: docs("a int", "now() < '2100-01-01'"),
    }, /now\(\) is the time/],
    ["the transaction's time", {
      setup: docs("at timestamptz", "at > transaction_timestamp()"),
    }, /transaction_timestamp\(\) is the time/],
    ["who has connected", {
      setup: docs("a int", "session_user = 'postgres' or a = 1"),
    }, /session_user is of the connection/],
    ["where from", {
      setup: docs("a int", "inet_client_addr() is null"),
    }, /inet_client_addr\(\) is of the connection/],
    ["a request's headers", {
      setup: docs("a int", "current_setting('request.headers', true) is null"),
    }, /request\.headers is of one request/],
    ["a claim that can't be computed", {
      setup: docs("k uuid", "k = (auth.jwt() ->> 'k')::uuid"),
      claims: { k: "x" },
    }, /policy "p" of public\.docs can't be a shape: Postgres can't compute .*type uuid: "x"/],
  ];
  for (const [what, experiment, says] of cases) {
    await t.step(what, async () => {
      const { refused, where } = await lab.try(experiment);
      match(refused, says, `${where}`);
    });
  }
});

Deno.test("names mean what they mean in the policy, whatever the path says", async () => {
  await using lab = await openLab();
  const name = lab.sql.options.database;
  await lab.sql.unsafe(`alter database ${name} set search_path = other, public, pg_catalog;
    create schema other; grant usage on schema other to authenticated`);
  await lab.sql.unsafe("set search_path = other, public, pg_catalog");
  const { where, signed, expected } = await lab.try({
    setup: `create table public.members (org int primary key, u text);
      create table other.members (org int primary key, u text);
      create function public.lower(text) returns text language sql stable as $$ select 'evil' $$;
      insert into public.members values (1, 'alpha'); insert into other.members values (2, 'alpha');
      grant select on public.members, other.members to authenticated;
      create table public.docs (id int primary key);
      alter table public.docs enable row level security; grant select on public.docs to authenticated;
      insert into public.docs values (1), (2);
      create policy p on public.docs using (id in (
        select org from public.members where u = pg_catalog.lower(auth.jwt() ->> 'u')))`,
    claims: { u: "ALPHA" },
  });
  match(`${where}`, /FROM public\.members/);
  deepEqual(signed, ['{"id":1}']);
  deepEqual(signed, expected);
});

Deno.test("values are written as Electric reads them, whatever the styles of the database", async () => {
  await using lab = await openLab();
  await lab.sql.unsafe("set datestyle = 'SQL, DMY'");
  const { where, params, signed, expected } = await lab.try({
    setup: `${docs("d date", "d = (auth.jwt() ->> 'd')::date and d > '2024-01-31'")}
      insert into docs values (1, '2024-02-01')`,
    claims: { d: "01/02/2024" },
  });
  deepEqual(params, ["2024-02-01"]);
  match(`${where}`, /'2024-01-31'/);
  equal(signed.length, 1);
  deepEqual(signed, expected);
});

Deno.test("a column that comes later isn't granted by a grant of columns", async () => {
  await using lab = await openLab();
  const { columns } = await lab.try({
    setup: `${docs("a text", "true")}
      revoke all on docs from authenticated; grant select (id, a) on docs to authenticated`,
  });
  deepEqual(columns, ["a", "id"]);
  const whole = await lab.try({ setup: docs("a text", "true") });
  equal(whole.columns, null);
});

Deno.test("an OR at the top is in parentheses, so that a subset narrows it", async () => {
  await using lab = await openLab();
  const { where } = await lab.try({
    setup: `${docs("k uuid", "id = 1")} create policy q on docs using (k = '${A}')`,
  });
  equal(where, `(id = 1 OR k = '${A}'::uuid)`);
});
