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
    ["text in the order of a language", {
      setup: docs('title text collate "en_US"', "title < 'b'")
        .replace(
          "create table",
          "create collation \"en_US\" (provider = icu, locale = 'en-US'); create table",
        ),
    }, /texts \(title\) are put in the order of a language/],
    ["text that is equal in other letters", {
      setup:
        `create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        ${docs("kind text collate ci", "kind <> 'secret'")}`,
    }, /the collation of kind isn't deterministic/],
    ["such text in a subquery", {
      setup:
        `create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create table hid (kind text collate ci primary key); grant select on hid to authenticated;
        ${docs("kind text collate ci not null", "kind not in (select kind from hid)")}`,
    }, /the collation of kind isn't deterministic/],
    ["citext", {
      setup: `create extension citext with schema public;
        ${docs("email citext", "email = (auth.jwt() ->> 'email')")}`,
    }, /email is of type public\.citext/],
    ["a cast that cuts", {
      setup: docs("v text", "v::varchar(3) <> 'abc'"),
    }, /cast to varchar of some length/],
    ["a cast that Electric writes otherwise", {
      setup: docs("v boolean", "v::text = 'true'"),
    }, /doesn't cast bool to text/],
    ["a document", { setup: docs("data jsonb", "data ->> 'k' = 'v'") }, /data is of type jsonb/],
    ["an operator of one's own", {
      setup:
        `create function same(text, text) returns boolean language sql immutable as 'select true';
        create operator public.= (leftarg = text, rightarg = text, function = same);
        ${docs("title text", "title operator(public.=) (auth.jwt() ->> 'sub')")}`,
    }, /Electric has no public\.= of text and text/],
    ["the order of an enum", {
      setup: `create type st as enum ('b', 'a'); ${docs("s st", "s > 'b'")}`,
    }, /Electric has no > of enum/],
    ["LIKE", { setup: docs("title text", "title like 'a%'") }, /Electric has no ~~/],
    [
      "a function of columns",
      { setup: docs("title text", "lower(title) = 'a'") },
      /lower\(\) of columns/,
    ],
    ["decimals without an end", { setup: docs("n numeric", "n > 100") }, /exact up to 15 digits/],
    ["a claim of more digits", {
      setup: docs("n numeric(12, 2)", "n > (auth.jwt() ->> 'n')::numeric"),
      claims: { n: "1234567890.1234567" },
    }, /exact up to 15 digits/],
    ["a time without an end", {
      setup: docs("at timestamptz", "at < (auth.jwt() ->> 'at')::timestamptz"),
      claims: { at: "infinity" },
    }, /can't read infinity/],
    ["a value that is looked up for all rows alike", {
      setup:
        `create table admins (user_id uuid primary key); grant select on admins to authenticated;
        ${docs("a int", "auth.uid() in (select user_id from admins)")}`,
    }, /is the same for all rows: a stable function/],
    ["columns of two types", {
      setup: `create table m (a bigint primary key); grant select on m to authenticated;
        ${docs("k int", "exists (select 1 from m where m.a = docs.k)")}`,
    }, /k \(int4\) is looked up in a \(int8\)/],
    ["what is computed, in a subquery", {
      setup: `create table m (e text primary key); grant select on m to authenticated;
        ${docs("k int", "k::text in (select e from m)")}`,
    }, /left of IN \(SELECT …\) isn't a column/],
    ["NULL in a list, that is neither", {
      setup: docs("n int", "(n = any (array[1, null])) is not true"),
    }, /a list that holds NULL/],
    ["NULLs in a row's list, under a NOT", {
      setup: docs("tags text[]", "not ('a' = any (tags))"),
    }, /a list of columns may hold NULLs/],
    ["NULL beside a row's list", {
      setup: docs("tags text[]", "'a' = any (tags || (auth.jwt() ->> 'missing'))"),
    }, /NULL is added to an array/],
    ["a list of lists", {
      setup: docs("n int", "n = any ('{{1,2},{3,4}}'::int[])"),
    }, /a list of lists/],
    ["rows", { setup: docs("n int, title text", "(n, title) < (2, 'z')") }, /a row is compared/],
    ["rows in what a function gives", {
      setup:
        `create function f2() returns table (u int, o int) language sql stable as 'select 1, 2';
        ${docs("a int, b int", "(a, b) in (select u, o from f2())")}`,
    }, /a row is looked up in what a function gives/],
    ["a line break", { setup: docs("title text", "title = E'a\\nb'") }, /control character/],
    ["one column for two", {
      setup: `create table m (u int primary key); grant select on m to authenticated;
        ${docs("a int, b int", "exists (select 1 from m where m.u = docs.a and m.u = docs.b)")}`,
    }, /each once/],
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

Deno.test("what is exact is a shape, with the rows that Postgres gives", async (t) => {
  await using lab = await openLab();
  const uid = "00000000-0000-4000-8000-000000000001";
  const members = `create table m (org_id int, user_id uuid, primary key (org_id, user_id));
    insert into m values (1, '${uid}'), (2, '${A}'); grant select on m to authenticated;`;
  const cases: readonly [what: string, experiment: Experiment, where: RegExp, rows: number][] = [
    [
      "whom a row's subquery holds",
      {
        setup: `${members} ${
          docs("org_id int", "auth.uid() in (select user_id from m where m.org_id = docs.org_id)")
        } insert into docs values (1, 1), (2, 2), (3, null)`,
      },
      /^org_id IN \(SELECT org_id FROM public\.m WHERE user_id = CAST\(\$1 AS uuid\)\)$/,
      1,
    ],
    [
      "whom a row's list holds, by a subquery",
      {
        setup: `${members} ${
          docs(
            "org_id int",
            "auth.uid() = any (array(select user_id from m where m.org_id = docs.org_id))",
          )
        } insert into docs values (1, 1), (2, 2)`,
      },
      /^org_id IN/,
      1,
    ],
    [
      "an enum",
      {
        setup: `create type st as enum ('draft', 'published');
        ${docs("s st", "s = 'published' or s in ('published') or s = (auth.jwt() ->> 's')::st")}
        insert into docs values (1, 'draft'), (2, 'published'), (3, null)`,
        claims: { s: "published" },
      },
      /^\(s::text = \$1 OR /,
      1,
    ],
    [
      "an enum that isn't",
      {
        setup: `create type st as enum ('draft', 'published');
        ${docs("s st", "s <> all ('{draft}') and s is not null")}
        insert into docs values (1, 'draft'), (2, 'published'), (3, null)`,
      },
      /^s::text <> ALL \(\$1\) AND s::text IS NOT NULL$/,
      1,
    ],
    [
      "decimals",
      {
        setup: `${
          docs("n numeric(12, 2)", "n > 100 and n < 1000.5 and n <> (auth.jwt() ->> 'n')::numeric")
        }
        insert into docs values (1, 100), (2, 100.01), (3, 500.25), (4, null), (5, 2000)`,
        claims: { n: 500.25 },
      },
      /n > \$1 AND n < \$2 AND n <> \$3/,
      1,
    ],
    [
      "text in the order of its bytes",
      {
        setup: `${docs('title text collate "C"', "title < 'b'")}
        insert into docs values (1, 'Beta'), (2, 'beta')`,
      },
      /title < 'b'/,
      1,
    ],
    [
      "a claim in a row's list",
      {
        setup: `${docs("tags text[]", "(auth.jwt() ->> 'tag') = any (tags)")}
        insert into docs values (1, '{a,NULL}'), (2, '{b}'), (3, null), (4, '{{a}}')`,
        claims: { tag: "a" },
      },
      /tags @> ARRAY\[CAST\(\$1 AS text\)\]/,
      2,
    ],
    [
      "a claim that isn't there, beside another policy",
      {
        setup: `${docs("tags text[]", "(auth.jwt() ->> 'tag') = any (tags) or id = 1")}
        insert into docs values (1, '{a}'), (2, '{b}')`,
      },
      /^id = 1$/,
      1,
    ],
    [
      "a list that holds NULL",
      {
        setup: `${
          docs("n int", "n = any (array[1, null]::int[])")
        } insert into docs values (1, 1), (2, null), (3, 2)`,
      },
      /^n = ANY \(\$1\)$/,
      1,
    ],
    [
      "a claim's list with NULL, under a NOT",
      {
        setup: `${
          docs(
            "n int",
            "id = 3 or n <> all (array(select jsonb_array_elements_text(auth.jwt() -> 'l')::int))",
          )
        } insert into docs values (1, 1), (2, null), (3, 2)`,
        claims: { l: [1, null] },
      },
      /^id = 3$/,
      1,
    ],
    [
      "an empty list, under a NOT",
      {
        setup: `${
          docs(
            "n int",
            "not (n = any (array(select jsonb_array_elements_text(auth.jwt() -> 'l')::int)))",
          )
        } insert into docs values (1, 1), (2, null)`,
        claims: { l: [] },
      },
      /^true$/,
      2,
    ],
    [
      "two lists of one text and two types",
      {
        setup:
          `create function fu() returns setof uuid language sql stable as $$ select '${A}'::uuid $$;
        create function ft() returns setof text language sql stable as $$ select '${A}'::text $$;
        ${docs("k uuid, title text", "k in (select fu()) or title in (select ft())")}
        insert into docs values (1, '${A}', 'x'), (2, null, '${A}'), (3, null, 'y')`,
      },
      /\$1\) OR title = ANY \(\$2\)/,
      2,
    ],
    [
      "varchars",
      {
        setup:
          `create table m (v varchar(9) primary key); insert into m values ('a'); grant select on m to authenticated;
        ${
            docs(
              "v varchar(9)",
              "v in (select v from m) and v = 'a' and exists (select 1 from m where m.v = docs.v)",
            )
          }
        insert into docs values (1, 'a'), (2, 'b')`,
      },
      /v IN \(SELECT v FROM public\.m\)/,
      1,
    ],
  ];
  for (const [what, experiment, says, rows] of cases) {
    await t.step(what, async () => {
      const { refused, where, signed, expected } = await lab.try(experiment);
      match(`${where}${refused}`, says);
      deepEqual(signed, expected);
      equal(signed.length, rows);
    });
  }
  await t.step("a policy that is NULL lets nobody read", async () => {
    const { refused, expected } = await lab.try({ setup: docs("a int", "null") });
    equal(refused, "denied");
    deepEqual(expected, []);
  });
});
