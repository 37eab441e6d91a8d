import QuickLRU from "quick-lru";
import { listOf, names, nodes, parseClause, record, type SqlNode, SqlRefused } from "./sql_tree.ts";

/** A clause is parsed behind this; a node's location counts from its start. */
export const WHERE_PREFIX = "SELECT 1 WHERE ";

/** The functions that Electric's evaluator has; none of them reads or changes anything else. */
const FUNCTIONS = new Set(
  ("bool concat date dateout float4 float4out float8 float8out ilike int2 int2out int4 int4out " +
    "int8 int8out interval intervalout justify_days justify_hours justify_interval like lower " +
    "numeric numericout text time timeout timestamp timestampout timestamptz timezone upper uuid " +
    "uuidout boolout array_append array_cat array_ndims array_prepend")
    .split(" "),
);

const NODES = new Set(
  ("A_ArrayExpr A_Const A_Expr A_Indices A_Indirection BoolExpr BooleanTest CoalesceExpr ColumnRef " +
    "FuncCall Integer List MinMaxExpr NullTest ParamRef RowExpr String TypeCast")
    .split(" "),
);

/** The types Electric casts to. Others read the catalogue (`regclass`) or need not be there. */
const TYPES = new Set(
  ("bool bytea date float4 float8 int2 int4 int8 interval jsonb text time timestamp timestamptz " +
    "uuid varchar")
    .split(" "),
);

/** Clauses that Electric reads: a policy's is the same for all users, for their values are parameters. */
const readable = new QuickLRU<string, true>({ maxSize: 1000 });

/**
 * Checks that a shape's clause is one that Electric 1.7 reads, subqueries as `x IN (SELECT column
 * FROM table WHERE …)` included. Looks at the text alone: tables, columns and types are Postgres's
 * to check. Throws {@link SqlRefused}, which names the part and its place.
 */
export async function checkElectricReads(where: string): Promise<void> {
  if (readable.has(where)) return;
  const tree = await parseClause(WHERE_PREFIX + where, "whereClause");
  try {
    checkCondition(tree);
  } catch (error) {
    // The tree is walked by recursion.
    throw error instanceof RangeError ? new SqlRefused("it is nested too deeply") : error;
  }
  readable.set(where, true);
}

/** Checks a condition: subqueries may be joined by AND, OR and NOT, and hold conditions of their own. */
function checkCondition(tree: unknown): void {
  checkNodes(tree);
  for (const { type, fields } of nodes(tree, "SubLink")) {
    // Electric takes a subquery in an expression, and then follows it wrongly.
    if (type !== "SubLink" && type !== "BoolExpr") checkNoSubquery(fields);
  }
}

/** Checks a value: it may not depend on a subquery. */
function checkValue(tree: unknown): void {
  checkNodes(tree);
  checkNoSubquery(tree);
}

/** Checks a tree node by node, each subquery by itself. */
function checkNodes(tree: unknown): void {
  for (const node of nodes(tree, "SubLink")) {
    if (node.type === "SubLink") checkSubquery(node);
    else if (node.type === "ColumnRef") checkPlainColumn(node);
    else checkSyntax(node);
  }
}

function checkNoSubquery(tree: unknown): void {
  for (const node of nodes(tree, "SubLink")) {
    if (node.type === "SubLink") throw misplaced(node);
  }
}

const misplaced = (node: SqlNode) =>
  refusedAt(node, "a subquery may only be joined by AND, OR and NOT, not stand in an expression");

/** What the SELECT of a subquery may have; `limitOption` and `op` always stand there. */
export const SUBQUERY_CLAUSES = ["targetList", "fromClause", "whereClause", "limitOption", "op"];

function checkSubquery(node: SqlNode): void {
  const { subLinkType, testexpr, subselect } = node.fields;
  // `= ANY (SELECT …)` is the same kind of node, with its operator's name.
  if (subLinkType !== "ANY_SUBLINK" || node.fields.operName !== undefined) {
    throw refusedAt(node, "only `value IN (SELECT ...)` sublinks are supported right now");
  }
  const select = record(record(subselect).SelectStmt);
  const more = Object.keys(select).filter((name) => !SUBQUERY_CLAUSES.includes(name));
  if (more.length > 0 || select.op !== "SETOP_NONE") {
    throw refusedAt(node, "SELECT statement must not contain any clauses");
  }
  const targets = listOf(select.targetList).map((target) => record(record(target).ResTarget));
  for (const { name, val } of targets) {
    const column = record(val).ColumnRef;
    if (column === undefined || name !== undefined) {
      throw refusedAt(node, "Expected a plain column reference");
    }
    checkValue(val);
  }
  const [from, ...others] = listOf(select.fromClause);
  const table = record(record(from).RangeVar);
  // Without `inh` it is FROM ONLY, which Electric overlooks.
  if (others.length > 0 || table.inh !== true || table.alias !== undefined) {
    throw refusedAt(node, "a subquery selects from one table, without an alias, ONLY or a join");
  }
  const row = record(record(testexpr).RowExpr).args;
  const left = row === undefined ? [testexpr] : listOf(row);
  if (left.length !== targets.length) {
    throw refusedAt(node, "left side of `IN (SELECT ...)` has another number of columns");
  }
  checkOrder(node, targets.flatMap(({ val }) => names(record(record(val).ColumnRef).fields)));
  checkValue(testexpr);
  if (left.some((test) => record(test).ColumnRef === undefined)) {
    throw refusedAt(
      node,
      "left side of `IN (SELECT ...)` can only be a column reference or a list of column references",
    );
  }
  checkCondition(select.whereClause);
}

/**
 * Electric (1.7.12) sorts the columns that a subquery selects by name, and not what stands left of IN: in
 * another order it would look values up in the wrong columns.
 */
function checkOrder(node: SqlNode, columns: readonly string[]): void {
  if (columns.every((name, i) => i === 0 || `${columns[i - 1]}` < name)) return;
  throw refusedAt(
    node,
    "a subquery must select its columns in the order of their names, each once: Electric looks " +
      "values up in that order",
  );
}

function checkPlainColumn(node: SqlNode): void {
  const path = names(node.fields.fields);
  if (path.length !== 1 || path[0] === "*") {
    throw refusedAt(node, `unknown reference ${path.join(".")}`);
  }
}

/**
 * Checks one node of a clause's tree; gives the column it names, if it is one's name. Throws
 * {@link SqlRefused} for what Electric's evaluator doesn't have.
 */
export function checkNode<Column extends { readonly name: string }>(
  node: SqlNode,
  params: ReadonlyMap<number, string>,
  columns: readonly Column[],
): Column | undefined {
  const { type, fields } = node;
  if (type === "ColumnRef") {
    const path = names(fields.fields);
    const column = path.length === 1 ? columns.find(({ name }) => name === path[0]) : undefined;
    if (column === undefined) throw refusedAt(node, `unknown reference ${path.join(".")}`);
    return column;
  }
  if (type === "ParamRef" && !params.has(Number(fields.number ?? 0))) {
    throw refusedAt(node, `parameter $${fields.number ?? 0} was not provided`);
  }
  checkSyntax(node);
  return undefined;
}

/** Electric's operators of two operands, which are all of Postgres's own; it has others of other types. */
const BINARY = new Set(
  "= <> < > <= >= + - * / ^ & | # || ~~ ~~* !~~ !~~* @> <@ &&".split(" "),
);
const UNARY = new Set("+ - |/ @ ~".split(" "));

/** What is written in words, and what Postgres's parser makes of it. */
const IN_WORDS = ["BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC", "NOT BETWEEN SYMMETRIC"];

/** Kinds of operations that Electric has none of. */
const NOT_KINDS = ["AEXPR_NULLIF", "AEXPR_SIMILAR"];

/** Checks what needs no table: the kind of node, its function or its type. */
function checkSyntax(node: SqlNode): void {
  const { type, fields } = node;
  if (type === "FuncCall") {
    const path = names(fields.funcname).filter((part) => part !== "pg_catalog");
    const args = Array.isArray(fields.args) ? fields.args.length : 0;
    const [name = ""] = path;
    if (path.length !== 1 || !FUNCTIONS.has(name)) {
      throw refusedAt(node, `unknown or unsupported function ${path.join(".")}/${args}`);
    }
  }
  if (type === "A_Expr") checkOperator(node);
  if (type === "TypeCast") {
    const typeName = record(fields.typeName);
    const path = names(typeName.names);
    const [name = "", ...others] = path[0] === "pg_catalog" ? path.slice(1) : path;
    if (!TYPES.has(name) || others.length > 0) {
      throw refusedAt(node, `unsupported type ${path.join(".")}`);
    }
  }
  if (!NODES.has(type)) throw refusedAt(node, `${type} is not supported in this context`);
}

/** Checks an operation's operator: by its name alone, for types are the table's to say. */
function checkOperator(node: SqlNode): void {
  const { kind, name, lexpr } = node.fields;
  const path = names(name);
  const isUnary = lexpr === undefined;
  const known = isUnary ? UNARY : BINARY;
  const [operator = "", ...others] = path;
  if (NOT_KINDS.includes(`${kind}`)) {
    throw refusedAt(node, `expression ${operator} of ${kind} is not currently supported`);
  }
  if (others.length === 0 && (known.has(operator) || IN_WORDS.includes(operator))) return;
  if (operator === "~") throw refusedAt(node, "Could not select an operator overload");
  throw refusedAt(node, `unknown ${isUnary ? "unary" : "binary"} operator ${path.join(".")}`);
}

/** Refuses a clause at a node's place in it, as Electric counts. */
export function refusedAt({ location }: SqlNode, reason: string): SqlRefused {
  return new SqlRefused(`At location ${Math.max(location - WHERE_PREFIX.length, 0)}: ${reason}`);
}
