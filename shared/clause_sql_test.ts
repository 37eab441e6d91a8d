import { equal } from "node:assert/strict";
import fc from "fast-check";
import { loadModule, parseSync } from "libpg-query";
import { checkClause } from "./clause.ts";

await loadModule();

/** Keys that a statement's tree has only if it is more than a condition on one table. */
const MORE =
  /"(SubLink|SQLValueFunction|withClause|sortClause|limitCount|limitOffset|groupClause|havingClause|windowClause|lockingClause|intoClause|valuesLists|distinctClause|larg|rarg)"/;

const PIECES =
  ('a b true null 1 $1 \'x\' "c" "user" ( ) [ ] , . ; = <> - -- /* */ + :: and or not is in any like between ' +
    "select values table from where order by limit offset fetch first row only for update group having " +
    "union all except intersect into window current_user regclass text array case when then end exists e u& $$ lower")
    .split(" ");

const clauses = fc.array(
  fc.tuple(fc.constantFrom(...PIECES, "a) or (b", "a is null"), fc.constantFrom(" ", "", "\n")),
  {
    minLength: 1,
    maxLength: 12,
  },
).map((pieces) => pieces.flat().join(""));

function treeOf(sql: string): { stmts: unknown[] } | null {
  try {
    return parseSync(sql);
  } catch {
    return null;
  }
}

function accepts(clause: string): boolean {
  try {
    checkClause(clause);
    return true;
  } catch {
    return false;
  }
}

Deno.test("a clause that passes is one condition to Postgres, in parentheses and without", () => {
  let parsed = 0;
  fc.assert(
    fc.property(clauses, (clause) => {
      if (!accepts(clause)) return;
      const bare = treeOf(`select 1 from t where ${clause}`);
      const inside = treeOf(`select 1 from t where (${clause})`);
      // Such as `true) or (true`.
      equal(inside !== null && bare === null, false, `${clause} breaks out of parentheses`);
      for (const tree of [bare, inside]) {
        if (tree === null) continue;
        parsed++;
        equal(tree.stmts.length, 1, clause);
        equal(MORE.exec(JSON.stringify(tree))?.[1], undefined, clause);
      }
    }),
    { numRuns: 20_000 },
  );
  equal(parsed > 100, true);
});
