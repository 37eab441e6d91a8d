import { equal } from "node:assert/strict";
import { ROOT } from "../support/process.ts";
import { MUTANTS } from "./mutants.ts";

Deno.test("every guard that deno task mutants takes out is there", async () => {
  for (const { guard, file, find } of MUTANTS) {
    const text = await Deno.readTextFile(`${ROOT}/${file}`);
    equal(text.split(find).length, 2, `${file}: ${guard}: ${find}`);
  }
});
