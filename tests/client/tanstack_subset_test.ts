import { equal } from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { readShape } from "../../shared/shape.ts";
import { readSubsetBody } from "../../edge/subset.ts";

/** What TanStack DB's compiler gives; it is not exported, so it is loaded by its path. */
type Compiled = { where: string; orderBy?: string; params: Record<string, string>; limit?: number };

const load = createRequire(import.meta.url);
const entry = load.resolve("@tanstack/electric-db-collection");
const { compileSQL }: { compileSQL: (options: object) => Compiled } = load(
  join(dirname(entry), "sql-compiler.cjs"),
);

const shape = readShape({ table: "items" });

const ref = (name: string) => ({ type: "ref", path: [name] });
const func = (name: string, ...args: unknown[]) => ({ type: "func", name, args });

const columns = fc.constantFrom("id", "Owner Id", "größe", "order", "user", "select", "a.b");
const column = columns.map(ref);
const scalars = fc.oneof(fc.string({ unit: "grapheme-ascii" }), fc.integer(), fc.boolean());
const value = scalars.map((value) => ({ type: "val", value }));
const list = fc.array(fc.integer(), { maxLength: 4 }).map((value) => ({ type: "val", value }));

const operand = fc.oneof(
  column,
  value,
  fc.tuple(fc.constantFrom("lower", "upper", "length"), column).map(([name, a]) => func(name, a)),
  fc.tuple(fc.constantFrom("concat", "coalesce", "add"), column, value)
    .map(([name, a, b]) => func(name, a, b)),
);

const { condition } = fc.letrec((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(fc.constantFrom("eq", "gt", "gte", "lt", "lte", "like", "ilike"), column, operand)
      .map(([name, a, b]) => func(name, a, b)),
    fc.tuple(column, list).map(([a, b]) => func("in", a, b)),
    fc.tuple(fc.constantFrom("isNull", "isUndefined"), operand).map(([name, a]) => func(name, a)),
    tie("condition").map((a) => func("not", a)),
    fc.tuple(fc.constantFrom("and", "or"), tie("condition"), tie("condition"))
      .map(([name, a, b]) => func(name, a, b)),
  ),
}));

const orderBy = fc.array(
  fc.record({
    expression: column,
    compareOptions: fc.record({
      direction: fc.constantFrom("asc", "desc"),
      nulls: fc.constantFrom("first", "last"),
    }),
  }),
  { minLength: 1, maxLength: 3 },
);

const ask = (body: object) =>
  readSubsetBody(
    new Request("http://x", { method: "POST", body: JSON.stringify(body) }),
    shape,
  );

Deno.test("what TanStack DB's compiler writes passes, its clause as it came", async () => {
  await fc.assert(
    fc.asyncProperty(condition, orderBy, fc.nat(1000), async (where, order, limit) => {
      const compiled = compileSQL({ where, orderBy: order, limit: limit + 1 });
      const { where: clause, params, orderBy: text } = compiled;
      const expressions = { where_expr: where, order_by_expr: order };
      const body = { where: clause, params, limit: limit + 1, order_by: text, ...expressions };
      const written = JSON.parse(await ask(body));
      equal(written.where, clause);
      equal(written.order_by.replaceAll(" ASC", ""), text?.replaceAll(",", ", "));
      equal("where_expr" in written || "order_by_expr" in written, false);
    }),
    { numRuns: 1000 },
  );
});
