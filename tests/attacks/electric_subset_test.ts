import { deepEqual } from "node:assert/strict";
import { faultsOfSubset } from "./electric_subset.ts";
import { SQL } from "./sql_payloads.ts";

Deno.test("the suite's reader of Electric takes honest subset queries for honest", () => {
  for (const [name, text] of SQL.honest) {
    deepEqual(faultsOfSubset(new Map([[name, text]]), null), [], text);
  }
});

Deno.test("the suite's reader of Electric sees what is hostile", () => {
  const unseen = SQL.hostile.filter(([name, text]) =>
    faultsOfSubset(new Map([[name, text]]), ["id", "title"]).length === 0
  );
  deepEqual(unseen.map(([, text]) => text), SQL.harmless);
});
