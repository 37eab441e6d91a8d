import assert from "node:assert/strict";
import { type Stack, startStack } from "./stack.ts";

/** Clauses that hold for some rows and not for others. */
const CLAUSES = [
  "true",
  "flag",
  "NOT flag",
  "flag IS NOT TRUE",
  "id BETWEEN 2 AND 3",
  "id IN (1, 3) -- and nothing else",
  "id = ANY('{2,4}')",
  "1 / (id - 2) = 1",
  "big = 9007199254740993",
  "big > 9007199254740992",
  "price > 1.2",
  "name LIKE 'a%' OR name ILIKE '%B%'",
  "lower(name) = 'a'",
  "coalesce(name, 'none') = 'none'",
  "name = 'it''s \"q\" \\ {x},y'",
  "code = 'x'",
  "day > '2026-01-01'",
  "day + interval '1 day' > '2026-01-02'",
  "moment < '2026-01-02 03:04:05+02'",
  "numbers = '{1,NULL,3}'",
  "numbers @> '{1}'",
  "words && ARRAY['a b', 'c\"d']",
  "bytes = '\\xdead'",
  "mood = 'ok'",
  "mood::text = 'bad'",
  "uid = '11111111-0000-4000-8000-000000000001'",
  "(id, flag) = (1, true)",
  'id::text = \'1\' AND "Odd ""name" = 1',
];

/** Clauses refused, and what the reason must say. */
const REFUSED: readonly (readonly [where: string, reason: RegExp])[] = [
  ["set_config('role', 'postgres', true) <> ''", /unknown or unsupported function set_config\/3/],
  ["pg_sleep(9) IS NULL", /unknown or unsupported function pg_sleep\/1/],
  ["public.lower(name) = ''", /unknown or unsupported function public.lower\/1/],
  ["count(*) > 0", /unknown or unsupported function count/],
  ["current_user = ''", /SQLValueFunction is not supported/],
  ["EXISTS (SELECT 1)", /At location 30: Expected a plain column reference/],
  ["data->>'a' = '1'", /unknown binary operator ->>/],
  ["id % 2 = 0", /unknown binary operator %/],
  ["id IN (SELECT 1)", /At location 29: Expected a plain column reference/],
  ["id IN (SELECT id)", /Expected a single table reference/],
  ["id IN (SELECT id FROM typed, typed)", /Expected a single table reference/],
  ["id IN (SELECT id FROM ONLY typed)", /Expected a single table reference/],
  ["id IN (SELECT id FROM typed UNION SELECT id FROM typed)", /Expected a single table reference/],
  ["id IN (SELECT DISTINCT id FROM typed)", /SELECT statement must not contain any clauses/],
  ["id IN (SELECT id FROM typed LIMIT 1)", /SELECT statement must not contain any clauses/],
  ["id = (SELECT id FROM typed)", /At location 5: only `value IN \(SELECT ...\)` sublinks/],
  ["abs(id) IN (SELECT id FROM typed)", /left side of `IN \(SELECT ...\)` can only be a column/],
  ["nope IN (SELECT id FROM typed)", /unknown reference nope/],
  ["id IN (SELECT id FROM typed WHERE nope)", /unknown reference nope/],
  ["id IN (SELECT id FROM typed WHERE id)", /WHERE clause must return a boolean/],
  [
    "id IN (SELECT id FROM typed WHERE flag = 'x')",
    /At location 41: invalid syntax for type bool: x/,
  ],
  ["id IN (SELECT id FROM typed WHERE pg_sleep(9) IS NULL)", /unsupported function pg_sleep\/1/],
  ["(id IN (SELECT id FROM typed)) IS TRUE", /only be combined by AND, OR and NOT/],
  ["id IN (SELECT id FROM typed) OR id NOT IN (SELECT id FROM typed)", /negative polarity/],
  ["CASE WHEN flag THEN true END", /CaseExpr is not supported/],
  ["'pg_class'::regclass = 1", /unsupported type regclass/],
  ["typed.id = 1", /unknown reference typed.id/],
  ["ctid = '(0,1)'", /unknown reference ctid/],
  ["id = 1; DROP TABLE typed", /unescaped ";"/],
  ["true) OR (true", /syntax error at or near "\)"/],
  ["true /* open", /unterminated \/\* comment/],
  ["true UNION SELECT 1", /malformed query ending with SQL clauses/],
  ["true LIMIT 1", /malformed query ending with SQL clauses/],
  ["true FOR UPDATE", /malformed query ending with SQL clauses/],
  ["id", /WHERE clause must return a boolean/],
  ["id = 'x'", /At location 5: invalid syntax for type int4: x/],
];

Deno.test("where clauses", async (test) => {
  await using stack = await startStack({ longPollMs: 2000 });
  await stack.sql.unsafe(`
    create type mood as enum ('ok', 'bad');
    create table typed (id int primary key, flag bool, big int8, price numeric(5, 2), name text,
      code char(4), day date, moment timestamptz, numbers int[], words text[], data jsonb,
      bytes bytea, mood mood, uid uuid, "Odd ""name" int)`);

  await test.step("hold for a live row exactly when they hold for a stored one", async () => {
    const shapes = [];
    for (const where of CLAUSES) shapes.push({ where, ...await followIds(stack, where) });
    await stack.sql.unsafe(`insert into typed values
      (1, true, 9007199254740993, 1.5, 'a', 'x', '2026-01-01', '2026-01-02 01:04:05+01',
        '{1,NULL,3}', '{a b}', '{"a": 1}', '\\xdead', 'ok',
        '11111111-0000-4000-8000-000000000001', 1),
      (2, false, 9007199254740992, 1.25, 'B', 'y', '2026-01-02', 'infinity', '{}', '{"c\\"d"}',
        '{"a": "1"}', '\\x', 'bad', null, null),
      (3, null, -1, 0.1, 'it''s "q" \\ {x},y', '', null, null, '{1}', null, 'null', null, null,
        null, null);
      insert into typed (id, flag) values (4, true)`);
    for (const { where, next } of shapes) {
      assert.equal(await next(), await storedIds(stack, where), where);
    }
  });

  await test.step("that Electric refuses are refused", async () => {
    for (const [where, reason] of REFUSED) {
      const { status, body } = await ask(stack, { where, offset: "-1" });
      assert.equal(status, 400, where);
      assert.match(JSON.parse(body).errors.where[0], reason, where);
    }
  });

  await test.step("take any parameter as a value and nothing more", async () => {
    const name = "a'); drop table typed; --\\'";
    await stack.sql`insert into typed (id, name) values (9, ${name})`;
    const query = { where: "name = $1 AND id = $2", "params[1]": name, "params[2]": "9" };
    const { body } = await ask(stack, { ...query, offset: "-1" });
    assert.equal(ids(body), "9");
  });
});

/** Makes a shape of no rows yet; `next` gives the ids of the first rows it inserts. */
async function followIds(stack: Stack, where: string) {
  const { headers } = await ask(stack, { where, offset: "-1" });
  const handle = headers.get("electric-handle") ?? "";
  const next = async () => {
    const { body } = await ask(stack, { where, handle, offset: "0_inf", live: "true" });
    return ids(body);
  };
  return { next };
}

/** The ids for which the clause holds, asked one by one: it may fail for some. */
async function storedIds({ sql }: Stack, where: string): Promise<string> {
  const rows = await sql<{ id: number }[]>`select id from typed order by id`;
  const found: number[] = [];
  for (const { id } of rows) {
    const query = `select from typed where id = ${id} and (\n${where}\n)`;
    const matching = await sql.unsafe(query).catch(() => []);
    if (matching.length > 0) found.push(id);
  }
  return found.join();
}

async function ask(stack: Stack, query: Record<string, string>) {
  const params = new URLSearchParams({ table: "typed", ...query });
  const response = await fetch(`${stack.service.url}/v1/shape?${params}`);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

function ids(body: string): string {
  const messages: { value?: { id: string } }[] = JSON.parse(body);
  return messages.flatMap(({ value }) => value === undefined ? [] : [value.id]).join();
}
