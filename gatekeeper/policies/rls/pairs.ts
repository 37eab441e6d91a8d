import type { Column } from "./catalogue.ts";
import { checkGranted, columnOf } from "./columns.ts";
import { checkCollation } from "./operators.ts";
import { RlsRefused } from "./refused.ts";
import { ofUser, type Scope } from "./term.ts";
import { fieldsOf, namesOf, typeOf } from "./tree.ts";
import { checkReads, typeOfCast } from "./types.ts";

/** A column of the row, and the column of the inner table that it is looked up in. */
export interface Pair {
  readonly inner: Column;
  readonly outer: Column;
}

/** What ties a subquery to the row, and the rest of its condition. */
export function tiesOf(
  parts: readonly unknown[],
  scope: Scope,
  outer: Scope,
): { pairs: Pair[]; rest: unknown[] } {
  const pairs: Pair[] = [];
  const rest: unknown[] = [];
  for (const part of parts) {
    const pair = correlation(part, scope, outer);
    if (pair === null) rest.push(part);
    else pairs.push(pair);
  }
  return { pairs, rest };
}

/** The two sides of `inner.column = outer.column`, either way round; `null` for anything else. */
function correlation(part: unknown, inner: Scope, outer: Scope): Pair | null {
  const { kind, name, lexpr, rexpr } = fieldsOf(part);
  const isEqual = typeOf(part) === "A_Expr" && kind === "AEXPR_OP" && namesOf(name).join() === "=";
  if (!isEqual) return null;
  for (const [one, other] of [[lexpr, rexpr], [rexpr, lexpr]]) {
    const ofInner = plainColumn(one, inner);
    const ofOuter = plainColumn(other, outer);
    if (ofInner === null || ofOuter === null || plainColumn(other, inner) !== null) continue;
    checkGranted(ofInner, inner);
    checkGranted(ofOuter, outer);
    return { inner: ofInner, outer: ofOuter };
  }
  return null;
}

export function pairOf(inner: Column, test: unknown, scope: Scope): Pair {
  const outer = plainColumn(test, scope);
  if (outer === null) {
    throw new RlsRefused(
      "what stands left of IN (SELECT …) isn't a column: have a column that holds it",
    );
  }
  checkGranted(outer, scope);
  return { inner, outer };
}

/** A column, also where Postgres wrote `(column)::text` to compare a varchar. */
function plainColumn(node: unknown, scope: Scope): Column | null {
  const { arg, typeName } = fieldsOf(node);
  if (typeOf(node) !== "TypeCast") return columnOf(node, scope);
  const column = columnOf(arg, scope);
  return column?.type === "varchar" && typeOfCast(typeName) === "text" ? column : null;
}

export function innerColumn(target: unknown, scope: Scope): Column {
  const column = plainColumn(target, scope);
  if (column === null) throw new RlsRefused("a subquery selects something other than a column");
  checkGranted(column, scope);
  return column;
}

/** What Electric looks up in a subquery's rows as Postgres does. */
const LOOKED_UP = ["bool", "date", "int2", "int4", "int8", "text", "uuid", "varchar"];

export function checkPair({ inner, outer }: Pair): void {
  checkReads(inner);
  checkReads(outer);
  checkCollation({ ...ofUser({}, inner.type), columns: [inner, outer] });
  if (inner.type === outer.type && LOOKED_UP.includes(inner.type)) return;
  throw new RlsRefused(
    `${outer.name} (${outer.type}) is looked up in ${inner.name} (${inner.type}): Electric takes two columns of ` +
      `one type, which is one of ${LOOKED_UP.join(", ")}`,
  );
}

/**
 * Under a NOT, a NULL on either side of IN decides whether rows are there, and Electric overlooks those that come
 * and go. Throws {@link RlsRefused} where there may be one.
 */
export function checkNoNulls(
  pairs: readonly Pair[],
  parts: readonly unknown[],
  scope: Scope,
): void {
  const inner = pairs.map((pair) => pair.inner).find((column) =>
    column.nullable && !parts.some((part) => isNotNullTest(part, column, scope))
  );
  const found = inner ?? pairs.map((pair) => pair.outer).find(({ nullable }) => nullable);
  if (found === undefined) return;
  throw new RlsRefused(
    `NOT IN (SELECT …), and ${found.name} may be NULL, which Electric overlooks there: make it NOT NULL` +
      (inner === undefined ? "" : `, or add "${inner.name} IS NOT NULL" to the subquery`),
  );
}

function isNotNullTest(part: unknown, column: Column, scope: Scope): boolean {
  const { arg, nulltesttype } = fieldsOf(part);
  const isTest = typeOf(part) === "NullTest" && nulltesttype === "IS_NOT_NULL";
  return isTest && columnOf(arg, scope) === column;
}
