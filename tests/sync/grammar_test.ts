import assert from "node:assert/strict";
import { checkElectricReads } from "../../gatekeeper/policies/electric_grammar.ts";
import { SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import { readRecording } from "./recording.ts";

/** What Electric refuses for its tables, columns, types and values: Postgres's to check, not the grammar's. */
const NOT_GRAMMAR = [
  "accepts-unknown-inner-table",
  "accepts-unknown-inner-column",
  "accepts-type-mismatch",
  "where-unknown-column",
  "where-type",
  "param-missing",
  "param-wrong-type",
];

/** What Electric takes and then answers wrongly: columns that aren't in the order of their names. */
const WRONG_AT_ELECTRIC = ["accepts-row-in"];

Deno.test("the grammar takes and refuses what a recorded Electric did", async (t) => {
  let count = 0;
  for (const name of ["subqueries", "where", "errors"]) {
    for (const step of await readRecording(name)) {
      if (step.kind !== "exchange" || NOT_GRAMMAR.includes(step.id)) continue;
      const { status, body } = step.response;
      const where = new URL(step.request.target, "http://electric").searchParams.get("where");
      if (where === null || (status !== 200 && !body.includes('"where":'))) continue;
      count++;
      await t.step(`${step.id}: ${where}`, async () => {
        const isTaken = status === 200 && !WRONG_AT_ELECTRIC.includes(step.id);
        if (isTaken) await checkElectricReads(where);
        else await assert.rejects(checkElectricReads(where), SqlRefused);
      });
    }
  }
  assert.ok(count >= 25, `${count} clauses`);
});

Deno.test("what Electric takes and follows wrongly is refused", async (t) => {
  const columns = /in the order of their names, each once/;
  const places = /joined by AND, OR and NOT/;
  const refused: [where: string, says: RegExp][] = [
    ["(a, b) IN (SELECT y, x FROM t)", columns],
    ["(a, b) IN (SELECT x, x FROM t)", columns],
    ["(a IN (SELECT x FROM t)) IS TRUE", places],
    ["(a IN (SELECT x FROM t)) = b", places],
    ["coalesce(a IN (SELECT x FROM t), true)", places],
    ["a = 1 AND (b OR (c IN (SELECT x FROM t)) IS NOT NULL)", places],
    ["(a IN (SELECT x FROM t)) IN (SELECT y FROM t)", places],
    ["a IN (SELECT x FROM t WHERE (y IN (SELECT z FROM t)) IS FALSE)", places],
  ];
  const operators = /unknown (binary|unary) operator/;
  const left = /left side of `IN \(SELECT ...\)` can only be a column reference/;
  const types = /unsupported type/;
  refused.push(
    ["data ->> 'k' = 'v'", operators],
    ["data ? 'k'", operators],
    ["title ~* 'x'", operators],
    ["a OPERATOR(extensions.=) b", operators],
    ["a OPERATOR(pg_catalog.=) b", operators],
    ["a OPERATOR(public.=) ANY ($1)", operators],
    ["a % 2 = 0", operators],
    ["nullif(a, 1) = 2", /NULLIF/],
    ["title SIMILAR TO 'x'", /SIMILAR|not currently supported|unsupported function/],
    ["$1 IN (SELECT x FROM t)", left],
    ["lower(a) IN (SELECT x FROM t)", left],
    ["(a, $1) IN (SELECT x, y FROM t)", left],
    ["a = CAST('x' AS text.st)", types],
    ["a = CAST('x' AS public.uuid)", types],
    ["a IN (SELECT x FROM ONLY t)", /ONLY/],
  );
  for (const [where, says] of refused) {
    await t.step(where, () => assert.rejects(checkElectricReads(where), says));
  }
  const taken = [
    "(a, b) IN (SELECT x, y FROM t)",
    "a @> ARRAY[$1] AND b && $2 AND NOT (c LIKE 'x%' OR d ILIKE 'y') AND e || 'x' <> 'y'",
    "a BETWEEN 1 AND 2 AND b NOT BETWEEN SYMMETRIC 2 AND 1 AND -c < 2 AND d IS DISTINCT FROM 1 AND e NOT IN (1, 2)",
    "a = CAST($1 AS pg_catalog.int4) AND b = ANY ($2::uuid[])",
    "NOT (a IN (SELECT x FROM t) OR NOT b IN (SELECT y FROM t WHERE z IN (SELECT w FROM t)))",
  ];
  for (const where of taken) await t.step(where, () => checkElectricReads(where));
});
