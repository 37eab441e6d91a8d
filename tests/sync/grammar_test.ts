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
        if (status === 200) await checkElectricReads(where);
        else await assert.rejects(checkElectricReads(where), SqlRefused);
      });
    }
  }
  assert.ok(count >= 25, `${count} clauses`);
});
