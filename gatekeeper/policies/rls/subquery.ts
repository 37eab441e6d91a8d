import { SUBQUERY_CLAUSES } from "../electric_grammar.ts";
import { listOf } from "../sql_tree.ts";
import type { Column } from "./catalogue.ts";
import { isClosed } from "./closed.ts";
import { keyOf } from "./load.ts";
import { resultOf } from "./operators.ts";
import { checkNoNulls, checkPair, innerColumn, type Pair, pairOf, tiesOf } from "./pairs.ts";
import { RlsRefused } from "./refused.ts";
import { NULL, type Null, type Rewriting, type Scope } from "./term.ts";
import { columnRef, conjuncts, fieldsOf, inSelect, type Node, typeOf } from "./tree.ts";
import { allOf, type Condition, never, ofNode } from "./truth.ts";
import { valueOf } from "./values.ts";

/** Rewrites what a subquery's table is narrowed by: its own parts, and its row-level security, as Postgres adds it. */
export type RewriteInner = (
  parts: readonly unknown[],
  scope: Scope,
  rewriting: Rewriting,
) => readonly Condition[];

/** A subquery's table, its condition and its columns. */
interface Select {
  readonly scope: Scope;
  /** The parts of its condition, which AND joins. */
  readonly parts: readonly unknown[];
  readonly targets: readonly unknown[];
}

function readSelect(subselect: unknown, { tables }: Rewriting): Select {
  const select = fieldsOf(subselect);
  const more = Object.keys(select).filter((name) => !SUBQUERY_CLAUSES.includes(name));
  if (typeOf(subselect) !== "SelectStmt" || more.length > 0 || select["op"] !== "SETOP_NONE") {
    throw new RlsRefused("a subquery has more than SELECT … FROM one table WHERE …");
  }
  const [from, ...others] = listOf(select["fromClause"]);
  if (typeOf(from) !== "RangeVar" || others.length > 0) {
    throw new RlsRefused(
      "a subquery reads more than one table, or none: Electric follows one, so write a subquery in another",
    );
  }
  const { schemaname, relname, alias, inh } = fieldsOf(from);
  if (inh !== true) throw new RlsRefused("ONLY, which Electric overlooks: leave it out");
  const table = tables.get(
    keyOf({ schema: `${schemaname ?? "pg_catalog"}`, name: `${relname}` }),
  );
  if (table === undefined) throw new RlsRefused(`there is no table ${relname}`);
  const { aliasname } = Object(alias);
  const name = typeof aliasname === "string" ? aliasname : table.name;
  return {
    scope: { table, alias: name, checked: true },
    parts: select["whereClause"] === undefined ? [] : conjuncts(select["whereClause"]),
    targets: listOf(select["targetList"]).map((target) => fieldsOf(target)["val"]),
  };
}

/** `x IN (SELECT column FROM m WHERE …)`; what the user gives, not the row, becomes a part of its condition. */
export function inSubquery(
  testexpr: unknown,
  subselect: unknown,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
  inner: RewriteInner,
): Condition {
  const select = readSelect(subselect, rewriting);
  const tests = typeOf(testexpr) === "RowExpr" ? listOf(fieldsOf(testexpr)["args"]) : [testexpr];
  if (tests.length !== select.targets.length) {
    throw new RlsRefused("IN of another number of columns");
  }
  const lookups = tests.map((test, i) => ({
    test,
    column: innerColumn(select.targets[i], select.scope),
  }));
  const ofRow = lookups.filter(({ test }) => !isClosed(test));
  const pairs = ofRow.map(({ test, column }) => pairOf(column, test, scope));
  const tied = tiesOf(select.parts, select.scope, scope);
  if (ofNull === "true") {
    checkNoNulls(pairs, select.parts, select.scope);
    if (tied.pairs.length > 0 || ofRow.length < lookups.length) {
      throw new RlsRefused(
        "under a NOT, a subquery may only look columns of the row up: column NOT IN (SELECT …)",
      );
    }
  }
  const given = lookups.filter(({ test }) => isClosed(test)).map(({ test, column }) =>
    equality(column, test, select.scope, rewriting)
  );
  const own = inner(tied.rest, select.scope, rewriting);
  return lookUp(select, [...pairs, ...tied.pairs], [...given, ...own]);
}

/** `EXISTS (SELECT … FROM m WHERE m.a = t.b AND …)`, which is `b IN (SELECT a FROM m WHERE …)`. */
export function exists(
  subselect: unknown,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
  inner: RewriteInner,
): Condition {
  if (ofNull === "true") throw new RlsRefused("EXISTS under a NOT: write it as NOT IN (SELECT …)");
  const select = readSelect(subselect, rewriting);
  const { pairs, rest } = tiesOf(select.parts, select.scope, scope);
  return lookUp(select, pairs, inner(rest, select.scope, rewriting));
}

function lookUp(
  { scope: { table } }: Select,
  pairs: readonly Pair[],
  conditions: readonly Condition[],
): Condition {
  const where = allOf(conditions);
  // Nothing is in an empty list, not even NULL.
  if ("truth" in where && !where.truth) return never;
  if (pairs.length === 0) {
    throw new RlsRefused(
      "a subquery isn't tied to the row by inner.column = column, so it is the same for all rows: a stable " +
        "function (such as is_admin()) that answers it is computed once for each token",
    );
  }
  pairs.forEach(checkPair);
  const left = pairs.map(({ outer }) => columnRef(outer.name));
  const columns = pairs.map(({ inner }) => inner.name);
  return ofNode(inSelect(left, columns, table, "node" in where ? where.node : null));
}

/** `inner.column = value`, of a value that is the user's. */
function equality(column: Column, test: unknown, scope: Scope, rewriting: Rewriting): Condition {
  const cast = { arg: columnRef(column.name), typeName: { names: [{ String: { sval: "text" } }] } };
  const lexpr = column.type === "varchar" ? { TypeCast: cast } : columnRef(column.name);
  const left = valueOf(lexpr, scope, rewriting);
  const right = valueOf(test, scope, rewriting);
  if (left === NULL || right === NULL) return never;
  const name = ["="];
  resultOf(name, left, right);
  const operator = name.map((sval) => ({ String: { sval } }));
  const node: Node = {
    A_Expr: { kind: "AEXPR_OP", name: operator, lexpr: left.node, rexpr: right.node },
  };
  return ofNode(node);
}
