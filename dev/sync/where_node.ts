import { names, type SqlNode, SqlRefused } from "./sql_tree.ts";
import type { Column } from "./table.ts";

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

/**
 * Checks one node of a clause's tree; gives the column it names, if it is one's name. Throws
 * {@link SqlRefused} for what Electric's evaluator doesn't have.
 */
export function checkNode(
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
  if (type === "FuncCall") {
    const path = names(fields.funcname).filter((part) => part !== "pg_catalog");
    const args = Array.isArray(fields.args) ? fields.args.length : 0;
    const [name = ""] = path;
    if (path.length !== 1 || !FUNCTIONS.has(name)) {
      throw refusedAt(node, `unknown or unsupported function ${path.join(".")}/${args}`);
    }
  }
  if (type === "TypeCast") {
    const path = names(fields.typeName);
    const [name = ""] = path.filter((part) => part !== "pg_catalog");
    if (!TYPES.has(name)) throw refusedAt(node, `unsupported type ${path.join(".")}`);
  }
  if (!NODES.has(type)) throw refusedAt(node, `${type} is not supported in this context`);
  return undefined;
}

function refusedAt({ location }: SqlNode, reason: string): SqlRefused {
  return new SqlRefused(`At location ${Math.max(location - WHERE_PREFIX.length, 0)}: ${reason}`);
}
