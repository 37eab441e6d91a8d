import { listOf } from "../sql_tree.ts";
import { arrayOf, isClosed, isConstant } from "./closed.ts";
import { inList, isListComparison, listCondition, listOfSubquery } from "./lists.ts";
import type { LoadedTable } from "./load.ts";
import { isNullConstant } from "./parameters.ts";
import { inPolicy, nameOf, RlsRefused } from "./refused.ts";
import { exists, inSubquery, type RewriteInner } from "./subquery.ts";
import { NULL, type Null, type Rewriting, type Scope } from "./term.ts";
import { type Fields, fieldsOf, namesOf, typeOf } from "./tree.ts";
import { allOf, always, anyOf, type Condition, never, ofNode, opposite } from "./truth.ts";
import { comparedIn, valueOf } from "./values.ts";

/** The rows of a table that its policies let a role see: what Postgres adds to each query of it. */
export function securityOf(table: LoadedTable, rewriting: Rewriting): Condition {
  if (!table.secured) return always;
  const scope: Scope = { table, alias: table.name, checked: false };
  const rewritten = (permissive: boolean) =>
    table.policies.filter((policy) => policy.permissive === permissive).map((policy) => {
      const name = nameOf(policy.name, table);
      return inPolicy(name, () => condition(policy.tree, scope, "false", rewriting));
    });
  return allOf([anyOf(rewritten(true)), ...rewritten(false)]);
}

/** Rewrites a condition, whose NULL is as good as `ofNull`. Throws {@link RlsRefused} where that can't be exact. */
export function condition(
  node: unknown,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
): Condition {
  if (isConstant(node) || isClosed(node)) return constantCondition(node, ofNull, rewriting);
  const type = typeOf(node);
  const fields = fieldsOf(node);
  const again = (part: unknown, counts = ofNull) => condition(part, scope, counts, rewriting);
  if (type === "BoolExpr") {
    const args = listOf(fields["args"]);
    if (fields["boolop"] === "AND_EXPR") return allOf(args.map((arg) => again(arg)));
    if (fields["boolop"] === "OR_EXPR") return anyOf(args.map((arg) => again(arg)));
    return opposite(again(args[0], ofNull === "false" ? "true" : "false"));
  }
  if (type === "SubLink") return subquery(fields, scope, ofNull, rewriting);
  if (isAnyOfArraySelect(type, fields)) {
    const { subselect } = fieldsOf(fields["rexpr"]);
    return inSubquery(fields["lexpr"], subselect, scope, ofNull, rewriting, inner);
  }
  if (isListComparison(node)) {
    const compared = listCondition(fields, comparedIn(fields, scope, rewriting), ofNull, rewriting);
    return compared === NULL ? { truth: ofNull === "true" } : compared;
  }
  const value = valueOf(node, scope, rewriting);
  if (value === NULL) return { truth: ofNull === "true" };
  return isConstant(value.node)
    ? constantCondition(value.node, ofNull, rewriting)
    : ofNode(value.node);
}

const inner: RewriteInner = (parts, scope, rewriting) => [
  ...parts.map((part) => condition(part, scope, "false", rewriting)),
  securityOf(scope.table, rewriting),
];

/** `x = ANY (ARRAY(SELECT …))`, which is `x IN (SELECT …)`. */
function isAnyOfArraySelect(type: string, { kind, name, rexpr }: Fields): boolean {
  const isAny = type === "A_Expr" && kind === "AEXPR_OP_ANY" && namesOf(name).join() === "=";
  const isArray = typeOf(rexpr) === "SubLink" &&
    fieldsOf(rexpr)["subLinkType"] === "ARRAY_SUBLINK";
  return isAny && isArray && !isClosed(rexpr);
}

function constantCondition(node: unknown, ofNull: Null, rewriting: Rewriting): Condition {
  if (isNullConstant(node)) return { truth: ofNull === "true" };
  const { boolval } = fieldsOf(node);
  if (typeOf(node) === "A_Const") return Object(boolval).boolval === true ? always : never;
  const { value } = rewriting.valueOf({ ...Object(node) });
  if (value === null) return { truth: ofNull === "true" };
  return value === "true" ? always : never;
}

function subquery(
  { subLinkType, testexpr, operName, subselect }: Fields,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
): Condition {
  const isEqual = operName === undefined || namesOf(operName).join() === "=";
  if (subLinkType === "ANY_SUBLINK" && isEqual) {
    return isClosed(subselect)
      ? inRows(testexpr, subselect, scope, ofNull, rewriting)
      : inSubquery(testexpr, subselect, scope, ofNull, rewriting, inner);
  }
  if (subLinkType === "EXISTS_SUBLINK") return exists(subselect, scope, ofNull, rewriting, inner);
  if (!isEqual) {
    throw new RlsRefused(
      `Electric has no ${
        namesOf(operName).join(".")
      } ANY (SELECT …): compare columns of plain types by IN`,
    );
  }
  throw new RlsRefused(
    "a subquery is neither IN (SELECT …) nor EXISTS (SELECT …): write it as one of them",
  );
}

/** `x IN (SELECT f())`: the list is computed once. */
function inRows(
  testexpr: unknown,
  subselect: unknown,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
): Condition {
  if (typeOf(testexpr) === "RowExpr") {
    throw new RlsRefused("a row is looked up in what a function gives: look one value up");
  }
  const list = listOfSubquery(arrayOf(subselect), rewriting);
  const name = [{ String: { sval: "=" } }];
  const left = valueOf(testexpr, scope, rewriting);
  const found = list === null
    ? NULL
    : inList({ kind: "AEXPR_OP_ANY", name }, left, list, ofNull, rewriting);
  return found === NULL ? { truth: ofNull === "true" } : found;
}
