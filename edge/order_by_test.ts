import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { parse } from "libpg-query";
import { readOrderBy } from "./order_by.ts";

const GOOD: readonly [given: string, written: string][] = [
  ["id", '"id"'],
  ["Id", '"id"'],
  ['"Id"', '"Id"'],
  [' "a b" ,\n c', '"a b", "c"'],
  ['"name" DESC NULLS FIRST', '"name" DESC NULLS FIRST'],
  ["name asc nulls last, id Desc", '"name" ASC NULLS LAST, "id" DESC'],
  ['"it""s,(x)" desc', '"it""s,(x)" DESC'],
  ["größe", '"größe"'],
  // No functions once they are in quotes.
  ["current_user, desc desc", '"current_user", "desc" DESC'],
];

const BAD = [
  "",
  " ",
  ",",
  "id,",
  ",id",
  "id,,n",
  "1",
  "id 1",
  "id desc asc",
  "id nulls",
  "id nulls first desc",
  "nulls first",
  "value OFFSET (select 1/(select count(*) from secrets where v like 'T%'))",
  "id limit 1",
  "id limit(1)",
  "id offset 1",
  "id fetch first row only",
  "id for update",
  "id union select 1",
  "id using >",
  'id collate "C"',
  "id::text",
  "-id",
  "id + 1",
  "(id)",
  "lower(id)",
  "pg_sleep(2)",
  "(select 1)",
  "case when true then 1 end",
  "items.id",
  '"items"."id"',
  "(a).b",
  "a[1]",
  "id -- x",
  "id /* x */",
  "id;",
  "id; drop table items",
  "$1",
  "$$a$$",
  "'id'",
  'U&"\\0061"',
  'e"id"',
  '"a""',
  '"a" "b"',
  '""',
  '"a"desc',
  "id\u00a0desc",
  "id\u2003desc",
  "id\u200bdesc",
  "id\0",
  "ıd desc;",
  `"${"x".repeat(64)}"`,
];

Deno.test("an order is written anew, each name in quotes", () => {
  for (const [given, written] of GOOD) {
    equal(readOrderBy(given, null), written, given);
    equal(readOrderBy(written, null), written);
  }
});

Deno.test("an order is nothing but columns", () => {
  for (const text of BAD) throws(() => readOrderBy(text, null), { status: 400 }, text);
});

Deno.test("an order names only what may be queried", () => {
  equal(readOrderBy('ID desc, "Name"', ["id", "Name"]), '"id" DESC, "Name"');
  throws(() => readOrderBy("name", ["id", "Name"]), { status: 400 });
  throws(() => readOrderBy('"ID"', ["id"]), { status: 400 });
});

/** All that the tree of a statement may hold that is ordered by columns alone. */
const HARMLESS = new Set(
  ("version stmts stmt SelectStmt targetList ResTarget val A_Const ival fromClause RangeVar relname inh " +
    "relpersistence location sortClause SortBy node ColumnRef fields String sval sortby_dir " +
    "sortby_nulls limitOption op").split(" "),
);

/** Whether Postgres's own parser finds nothing but columns, in one statement with nothing else. */
async function isHarmless(order: string): Promise<boolean> {
  const tree = await parse(`select 1 from t order by ${order}`);
  let harmless = true;
  JSON.stringify(tree, (key, value) => {
    const isIndex = /^\d*$/.test(key);
    if (!isIndex && !HARMLESS.has(key)) harmless = false;
    if ((key === "stmts" || key === "fields") && value.length !== 1) harmless = false;
    return value;
  });
  return harmless;
}

Deno.test("whatever is let through is columns to Postgres's own parser", async () => {
  const pieces = fc.constantFrom(
    ...'id|Id|"a b"|"q""t"|größe|1|$1|(|)|,|.|;|::|"|\'|--|/*|*/|desc|ASC|nulls|first|LAST|limit|offset'
      .split("|"),
    ..."select,union,for,update,using,collate,current_user,case,é,e\u0301,\u0301, ,\n,\t,\u00a0"
      .split(","),
  );
  let passed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(pieces, { maxLength: 6 }),
      fc.constantFrom("", " "),
      async (list, glue) => {
        let written;
        try {
          written = readOrderBy(list.join(glue), null);
        } catch {
          return;
        }
        passed++;
        equal(await isHarmless(written), true, written);
        equal(readOrderBy(written, null), written);
      },
    ),
    { numRuns: 20_000 },
  );
  deepEqual(passed > 500, true, `${passed} passed`);
});
