import assert from "node:assert/strict";
import { printExpression } from "./sql_text.ts";
import { columnRef, inSelect } from "./tree.ts";

Deno.test("a row is looked up in columns by name, in which order Electric reads them", async () => {
  const left = [columnRef("org_id"), columnRef("id")];
  const tree = inSelect(left, ["org", "doc"], { schema: "public", name: "grants" }, null);
  assert.equal(await printExpression(tree), "(id, org_id) IN (SELECT doc, org FROM public.grants)");
});
