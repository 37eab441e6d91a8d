import { SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import { fieldsOf, typeOf } from "../../gatekeeper/policies/rls/tree.ts";
import { listOf } from "../../gatekeeper/policies/sql_tree.ts";

/** A part of a clause that AND, OR and NOT don't divide further. */
export interface Literal {
  readonly node: unknown;
  readonly negated: boolean;
}

/** Electric's limit. */
const MAX_DISJUNCTS = 100;

/**
 * Writes a clause as an OR of ANDs, as Electric does, whose order says which place in a row's tags
 * and conditions is whose. Throws {@link SqlRefused} when there would be too many.
 */
export function toDisjuncts(tree: unknown): Literal[][] {
  const count = countDisjuncts(tree, false);
  if (count > MAX_DISJUNCTS) {
    throw new SqlRefused(
      "WHERE clause too complex for DNF decomposition " +
        `(${count} disjuncts exceeds limit of ${MAX_DISJUNCTS})`,
    );
  }
  return expand(tree, false);
}

/** What a node is once every NOT stands at a literal. */
function partsOf(node: unknown, negated: boolean) {
  const { boolop, args } = fieldsOf(node);
  const parts = listOf(args);
  if (typeOf(node) !== "BoolExpr") return { kind: "literal", negated, parts: [] } as const;
  if (boolop === "NOT_EXPR") return { kind: "any", negated: !negated, parts } as const;
  const isAny = (boolop === "OR_EXPR") !== negated;
  return { kind: isAny ? "any" : "all", negated, parts } as const;
}

function countDisjuncts(node: unknown, outerNegated: boolean): number {
  const { kind, negated, parts } = partsOf(node, outerNegated);
  const counts = parts.map((part) => countDisjuncts(part, negated));
  if (kind === "literal") return 1;
  return kind === "any" ? counts.reduce((a, b) => a + b, 0) : counts.reduce((a, b) => a * b, 1);
}

function expand(node: unknown, outerNegated: boolean): Literal[][] {
  const { kind, negated, parts } = partsOf(node, outerNegated);
  if (kind === "literal") return [[{ node, negated }]];
  const expanded = parts.map((part) => expand(part, negated));
  if (kind === "any") return expanded.flat();
  return expanded.reduce<Literal[][]>(
    (product, disjuncts) =>
      product.flatMap((left) => disjuncts.map((right) => [...left, ...right])),
    [[]],
  );
}
