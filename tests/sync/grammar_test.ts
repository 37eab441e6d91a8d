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
  const refused: readonly [where: string, says: RegExp][] = [
    ["(a, b) IN (SELECT y, x FROM t)", columns],
    ["(a, b) IN (SELECT x, x FROM t)", columns],
    ["(a IN (SELECT x FROM t)) IS TRUE", places],
    ["(a IN (SELECT x FROM t)) = b", places],
    ["coalesce(a IN (SELECT x FROM t), true)", places],
    ["a = 1 AND (b OR (c IN (SELECT x FROM t)) IS NOT NULL)", places],
    ["(a IN (SELECT x FROM t)) IN (SELECT y FROM t)", places],
    ["a IN (SELECT x FROM t WHERE (y IN (SELECT z FROM t)) IS FALSE)", places],
  ];
  for (const [where, says] of refused) {
    await t.step(where, () => assert.rejects(checkElectricReads(where), says));
  }
  const taken = [
    "(a, b) IN (SELECT x, y FROM t)",
    "NOT (a IN (SELECT x FROM t) OR NOT b IN (SELECT y FROM t WHERE z IN (SELECT w FROM t)))",
  ];
  for (const where of taken) await t.step(where, () => checkElectricReads(where));
});
