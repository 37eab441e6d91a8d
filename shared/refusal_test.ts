import { deepEqual, equal, match } from "node:assert/strict";
import { answerRefusals, invalidRequest } from "./refusal.ts";

Deno.test("an unexpected error is a 500, logged without its message", async () => {
  const lines: string[] = [];
  const fail = () => Promise.reject(new TypeError("a token\nand a row"));
  const response = await answerRefusals(fail, (line) => lines.push(line))(new Request("http://x"));
  equal(response.status, 500);
  equal(lines.length, 1);
  match(lines.join(), /^unexpected TypeError at /);
  for (const text of [lines.join(), await response.text()]) {
    equal(/token|row/.test(text), false, text);
  }
});

Deno.test("a refusal is answered in its own words, and not logged", async () => {
  const lines: string[] = [];
  const refuse = () => Promise.reject(invalidRequest("table is missing."));
  const response = await answerRefusals(refuse, (line) => lines.push(line))(
    new Request("http://x"),
  );
  equal(response.status, 400);
  deepEqual(await response.json(), { message: "table is missing." });
  deepEqual(lines, []);
});
