import { SUBQUERY_CLAUSES } from "../electric_grammar.ts";
import { listOf } from "../sql_tree.ts";
import { arrayOf, isClosed, isConstant } from "./closed.ts";
import type { Computed } from "./compute.ts";
import { keyOf, type LoadedTable, type Tables } from "./load.ts";
import { inPolicy, nameOf, RlsRefused } from "./refused.ts";
import { columnRef, fieldsOf, inSelect, namesOf, type Node, paramRef, typeOf } from "./tree.ts";
import { allOf, always, anyOf, type Condition, never, ofNode, opposite } from "./truth.ts";

/** A value that stands in a clause as a parameter. */
export interface Param {
  readonly value: string;
  readonly type: string;
}

/** What a rewriting works with. */
export interface Rewriting {
  readonly tables: Tables;
  /** What a closed part gave; every one was computed before. */
  readonly valueOf: (part: Node) => Computed;
  /** Values of `$1`, `$2`, …; rewriting adds to them. */
  readonly params: Param[];
}

/** A table whose columns an expression may name, and the name that it has there. */
interface Scope {
  readonly table: LoadedTable;
  /** Its alias in a subquery; the outermost table has its own name. */
  readonly alias: string;
  /** Whether the role must have been granted the columns: those that a policy names of its own table needn't be. */
  readonly checked: boolean;
}

/**
 * What NULL counts for. A row is there when its condition is true, so NULL is as good as false; under a
 * NOT it is there when the condition is false, so NULL is as good as true.
 */
type Null = "false" | "true";

/** NULL, as a value. */
const NULL = Symbol("null");
type Value = Node | typeof NULL;

/** Electric's names for types that it casts to, by Postgres's. */
const CASTS: Readonly<Record<string, string>> = {
  "bigint": "int8",
  "boolean": "bool",
  "date": "date",
  "double precision": "float8",
  "integer": "int4",
  "real": "float4",
  "smallint": "int2",
  "text": "text",
  "timestamp with time zone": "timestamptz",
  "timestamp without time zone": "timestamp",
  "uuid": "uuid",
};

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

function condition(node: unknown, scope: Scope, ofNull: Null, rewriting: Rewriting): Condition {
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
    return inSubquery(fields["lexpr"], subselect, scope, ofNull, rewriting);
  }
  const value = valueNode(node, scope, rewriting);
  return value === NULL ? { truth: ofNull === "true" } : ofNode(value);
}

/** `x = ANY (ARRAY(SELECT …))`, which is `x IN (SELECT …)`. */
function isAnyOfArraySelect(type: string, fields: Readonly<Record<string, unknown>>): boolean {
  const { kind, name, rexpr } = fields;
  const isAny = type === "A_Expr" && kind === "AEXPR_OP_ANY" && namesOf(name).join() === "=";
  const isArray = typeOf(rexpr) === "SubLink" &&
    fieldsOf(rexpr)["subLinkType"] === "ARRAY_SUBLINK";
  return isAny && isArray && !isClosed(rexpr);
}

function constantCondition(node: unknown, ofNull: Null, rewriting: Rewriting): Condition {
  const { boolval, isnull } = fieldsOf(node);
  if (typeOf(node) === "A_Const") {
    if (isnull === true) return { truth: ofNull === "true" };
    return Object(boolval).boolval === true ? always : never;
  }
  const { value } = rewriting.valueOf({ ...Object(node) });
  if (value === null) return { truth: ofNull === "true" };
  return value === "true" ? always : never;
}

function subquery(
  { subLinkType, testexpr, operName, subselect }: Readonly<Record<string, unknown>>,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
): Condition {
  const isEqual = operName === undefined || namesOf(operName).join() === "=";
  if (subLinkType === "ANY_SUBLINK" && isEqual) {
    return isClosed(subselect)
      ? inList(testexpr, subselect, scope, ofNull, rewriting)
      : inSubquery(testexpr, subselect, scope, ofNull, rewriting);
  }
  if (subLinkType === "EXISTS_SUBLINK") return exists(subselect, scope, ofNull, rewriting);
  throw new RlsRefused("a subquery is neither IN (SELECT …) nor EXISTS (SELECT …)");
}

/** `x IN (SELECT f())`: the list is computed once. */
function inList(
  testexpr: unknown,
  subselect: unknown,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
): Condition {
  const left = valueNode(testexpr, scope, rewriting);
  const { value } = rewriting.valueOf(arrayOf(subselect));
  // An empty list is false whatever is looked for.
  if (value === "{}") return never;
  if (left === NULL || value === null) return { truth: ofNull === "true" };
  rewriting.params.push({ value, type: "list" });
  const rexpr = paramRef(rewriting.params.length, null);
  const name = [{ String: { sval: "=" } }];
  return ofNode({ A_Expr: { kind: "AEXPR_OP_ANY", name, lexpr: left, rexpr } });
}

/** A subquery's table, its condition and its columns. */
interface Select {
  readonly scope: Scope;
  readonly where: unknown;
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
    throw new RlsRefused("a subquery reads more than one table, or none: Electric follows one");
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
    where: select["whereClause"],
    targets: listOf(select["targetList"]).map((target) => fieldsOf(target)["val"]),
  };
}

function inSubquery(
  testexpr: unknown,
  subselect: unknown,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
): Condition {
  const select = readSelect(subselect, rewriting);
  const columns = select.targets.map((target) => innerColumn(target, select.scope));
  const tests = typeOf(testexpr) === "RowExpr" ? listOf(fieldsOf(testexpr)["args"]) : [testexpr];
  const left = tests.map((test) => valueNode(test, scope, rewriting));
  const where = innerWhere(select, select.where === undefined ? [] : [select.where], rewriting);
  // Nothing is in an empty list, not even NULL.
  if ("truth" in where && !where.truth) return never;
  if (left.includes(NULL)) {
    if (ofNull === "false") return never;
    throw new RlsRefused("NULL NOT IN (SELECT …) depends on whether there are rows");
  }
  if (ofNull === "true") checkNoNulls(tests, columns, scope, select);
  return ofNode(inSelect(left.filter(isNode), columns, select.scope.table, whereNode(where)));
}

/**
 * Under a NOT, a NULL on either side of IN decides whether rows are there, and Electric overlooks those that come
 * and go. Throws {@link RlsRefused} where there may be one.
 */
function checkNoNulls(
  tests: readonly unknown[],
  columns: readonly string[],
  scope: Scope,
  select: Select,
): void {
  const inner = columns.find((name) =>
    isNullable(name, select.scope.table) &&
    !conjuncts(select.where).some((part) => isNotNullTest(part, name, select.scope))
  );
  const outer = tests.filter((test) => !isClosed(test)).map((test) => columnOf(test, scope))
    .find((name) => name === null || isNullable(name, scope.table));
  const found = inner ?? outer;
  if (found === undefined) return;
  throw new RlsRefused(
    `NOT IN (SELECT …), and ${
      found ?? "what stands left of it"
    } may be NULL, which Electric overlooks there: make it NOT NULL` +
      (inner === undefined ? "" : `, or add "${inner} IS NOT NULL" to the subquery`),
  );
}

function isNullable(name: string, { columns }: LoadedTable): boolean {
  return columns.some((column) => column.name === name && column.nullable);
}

function isNotNullTest(part: unknown, name: string, scope: Scope): boolean {
  const { arg, nulltesttype } = fieldsOf(part);
  const isTest = typeOf(part) === "NullTest" && nulltesttype === "IS_NOT_NULL";
  return isTest && columnOf(arg, scope) === name;
}

/** `EXISTS (SELECT … FROM m WHERE m.a = t.b AND …)`, which is `b IN (SELECT a FROM m WHERE …)`. */
function exists(
  subselect: unknown,
  scope: Scope,
  ofNull: Null,
  rewriting: Rewriting,
): Condition {
  if (ofNull === "true") throw new RlsRefused("EXISTS under a NOT: write it as NOT IN (SELECT …)");
  const select = readSelect(subselect, rewriting);
  const left: Node[] = [];
  const columns: string[] = [];
  const rest: unknown[] = [];
  for (const part of conjuncts(select.where)) {
    const pair = correlation(part, select.scope, scope);
    if (pair === null) {
      rest.push(part);
      continue;
    }
    checkGranted(pair.inner, select.scope.table);
    columns.push(pair.inner);
    const value = valueNode(pair.outer, scope, rewriting);
    if (value === NULL) return never;
    left.push(value);
  }
  const where = innerWhere(select, rest, rewriting);
  if ("truth" in where && !where.truth) return never;
  if (left.length === 0) {
    throw new RlsRefused("EXISTS isn't tied to the row by inner.column = column");
  }
  return ofNode(inSelect(left, columns, select.scope.table, whereNode(where)));
}

function conjuncts(where: unknown): readonly unknown[] {
  const { boolop, args } = fieldsOf(where);
  if (typeOf(where) === "BoolExpr" && boolop === "AND_EXPR") return listOf(args).flatMap(conjuncts);
  return where === undefined ? [] : [where];
}

/** The two sides of `inner.column = outer.column`, either way round; `null` for anything else. */
function correlation(
  part: unknown,
  inner: Scope,
  outer: Scope,
): { inner: string; outer: unknown } | null {
  const { kind, name, lexpr, rexpr } = fieldsOf(part);
  const isEqual = typeOf(part) === "A_Expr" && kind === "AEXPR_OP" && namesOf(name).join() === "=";
  if (!isEqual) return null;
  for (const [one, other] of [[lexpr, rexpr], [rexpr, lexpr]]) {
    const ofInner = columnOf(one, inner);
    const ofOuter = columnOf(other, outer);
    if (ofInner !== null && ofOuter !== null && columnOf(other, inner) === null) {
      return { inner: ofInner, outer: other };
    }
  }
  return null;
}

/** A subquery's own condition, and what row-level security adds to it, as Postgres does. */
function innerWhere(
  { scope }: Select,
  parts: readonly unknown[],
  rewriting: Rewriting,
): Condition {
  const own = parts.map((part) => condition(part, scope, "false", rewriting));
  return allOf([...own, securityOf(scope.table, rewriting)]);
}

const whereNode = (where: Condition): Node | null => "node" in where ? where.node : null;

function innerColumn(target: unknown, scope: Scope): string {
  const name = columnOf(target, scope);
  if (name === null) throw new RlsRefused("a subquery selects something other than a column");
  checkGranted(name, scope.table);
  return name;
}

/** The column of a scope's table that a node names; `null` where it names none of it. */
function columnOf(node: unknown, { table, alias }: Scope): string | null {
  if (typeOf(node) !== "ColumnRef") return null;
  const path = namesOf(fieldsOf(node)["fields"]);
  const [name = ""] = path.slice(-1);
  const isOurs = path.length === 1 || (path.length === 2 && path[0] === alias);
  return isOurs && table.columns.some((column) => column.name === name) ? name : null;
}

function checkGranted(name: string, table: LoadedTable): void {
  const granted = table.columns.some((column) => column.name === name && column.granted);
  if (granted) return;
  throw new RlsRefused(`the role may not select ${name} of ${table.schema}.${table.name}`);
}

/** Kinds of expressions that Electric may have; its grammar has the last word. */
const MAPPED = ["A_Expr", "A_ArrayExpr", "CoalesceExpr", "FuncCall", "RowExpr", "TypeCast", "List"];

/** What gives NULL whenever one of its operands is; others treat it as a value. */
const STRICT = ["AEXPR_OP", "AEXPR_LIKE", "AEXPR_ILIKE"];

function valueNode(node: unknown, scope: Scope, rewriting: Rewriting): Value {
  if (isConstant(node)) return isNullConstant(node) ? NULL : { ...Object(node) };
  if (isClosed(node)) return computedNode({ ...Object(node) }, rewriting);
  const type = typeOf(node);
  const fields = fieldsOf(node);
  if (type === "ColumnRef") return columnNode(node, scope);
  if (type === "SubLink") throw new RlsRefused("a subquery that reads a table stands for a value");
  if (type === "BoolExpr") {
    throw new RlsRefused("a condition stands where a value is computed from");
  }
  if (type === "NullTest" || type === "BooleanTest") {
    const arg = valueNode(fields["arg"], scope, rewriting);
    if (arg === NULL) throw new RlsRefused("a test of NULL");
    return { [type]: { ...fields, arg } };
  }
  if (!MAPPED.includes(type)) throw new RlsRefused(`Electric has no ${type}`);
  const mapped: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (!["lexpr", "rexpr", "arg", "args", "elements", "items"].includes(name)) {
      mapped[name] = field;
      continue;
    }
    const parts = (Array.isArray(field) ? field : [field]).map((part) =>
      valueNode(part, scope, rewriting)
    );
    if (parts.includes(NULL)) return withNull(type, fields, name, scope, rewriting);
    mapped[name] = Array.isArray(field) ? parts : parts[0];
  }
  return { [type]: mapped };
}

/** What an expression is worth one of whose operands, in the field `name`, is NULL. */
function withNull(
  type: string,
  fields: Readonly<Record<string, unknown>>,
  name: string,
  scope: Scope,
  rewriting: Rewriting,
): Value {
  const kind = `${fields["kind"]}`;
  if (type === "TypeCast") return NULL;
  if (type === "A_Expr" && STRICT.includes(kind)) return NULL;
  // `x = ANY (NULL)`; but `NULL = ANY (list)` depends on whether the list is empty.
  if (type === "A_Expr" && kind === "AEXPR_OP_ANY" && name === "rexpr") return NULL;
  const test = { AEXPR_DISTINCT: "IS_NOT_NULL", AEXPR_NOT_DISTINCT: "IS_NULL" }[kind];
  if (type === "A_Expr" && test !== undefined) {
    const arg = valueNode(name === "lexpr" ? fields["rexpr"] : fields["lexpr"], scope, rewriting);
    if (arg !== NULL) return { NullTest: { arg, nulltesttype: test } };
  }
  throw new RlsRefused("NULL is one of several values");
}

function isNullConstant(node: unknown): boolean {
  const constant = typeOf(node) === "TypeCast" ? fieldsOf(node)["arg"] : node;
  return fieldsOf(constant)["isnull"] === true;
}

const isNode = (value: Value): value is Node => value !== NULL;

function columnNode(node: unknown, scope: Scope): Node {
  const name = columnOf(node, scope);
  if (name === null) {
    const path = namesOf(fieldsOf(node)["fields"]).join(".");
    throw new RlsRefused(`${path} is of another table, but for inner.column = column in EXISTS`);
  }
  if (scope.checked) checkGranted(name, scope.table);
  return columnRef(name);
}

/** A computed value as a parameter, of its own type where Electric has that. */
function computedNode(node: Node, rewriting: Rewriting): Value {
  const { value, type } = rewriting.valueOf(node);
  if (value === null) return NULL;
  rewriting.params.push({ value, type });
  return paramRef(rewriting.params.length, CASTS[type] ?? null);
}
