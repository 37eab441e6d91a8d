import { equal } from "node:assert/strict";
import { arrayText } from "./array_text.ts";

Deno.test("equal lists are one text", () => {
  equal(arrayText(["b", "a", "b"]), "{a,b}");
  equal(arrayText([2, 10n, 2]), "{10,2}");
  equal(arrayText([]), "{}");
});

Deno.test("whatever Postgres would read otherwise is quoted", () => {
  equal(
    arrayText(["", "null", "a b", 'q"', "b\\", "{}", "x,y"]),
    '{"","a b","b\\\\","null","q\\"","x,y","{}"}',
  );
});
