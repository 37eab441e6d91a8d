import { loadModule, parseSync } from "libpg-query";

await loadModule();

/** A subset query's fields as they arrived: texts from a URL, JSON's values from a body. */
export type SubsetFields = ReadonlyMap<string, unknown>;

/** All that the tree of a statement may hold that is ordered by columns alone. */
const ORDER = words(
  "version stmts stmt SelectStmt targetList ResTarget val A_Const ival fromClause RangeVar relname inh " +
    "relpersistence location sortClause SortBy node ColumnRef fields String sval sortby_dir " +
    "sortby_nulls limitOption op",
);

/** What a condition's tree may not hold, wherever it stands. */
const HOSTILE = words(
  "SubLink SQLValueFunction SortBy WindowDef withClause sortClause limitCount limitOffset groupClause " +
    "havingClause windowClause lockingClause intoClause valuesLists distinctClause larg rarg over",
);

/** What a condition may call: what Electric's evaluator has, and `length`; all of them only compute. */
const FUNCTIONS = words(
  "array_append array_cat array_ndims array_prepend bool concat date float4 float8 ilike int2 int4 int8 " +
    "interval justify_days justify_hours justify_interval length like lower numeric text time timestamp " +
    "timestamptz timezone upper uuid",
);

/** Types that only hold a value, as the grammar names them. */
const TYPES = words(
  "bit bool bpchar bytea char date float4 float8 int2 int4 int8 interval json jsonb numeric text time " +
    "timestamp timestamptz timetz uuid varbit varchar",
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

/**
 * What is wrong with a subset query that arrived, by Postgres's own grammar, not ours: it may order
 * by columns, of the queryable ones where they are narrowed, and have one condition that speaks of
 * columns and constants; `limit` and `offset` are whole numbers, `params` are values; nothing else.
 */
export function faultsOfSubset(
  fields: SubsetFields,
  queryable: readonly string[] | null,
): string[] {
  const faults: string[] = [];
  for (const [name, value] of fields) {
    const fault = faultOf(name, value, queryable);
    if (fault !== null) faults.push(`${name} ${fault}: ${JSON.stringify(value)}`);
  }
  return faults;
}

function faultOf(name: string, value: unknown, queryable: readonly string[] | null): string | null {
  if (name === "order_by") return faultOfOrder(String(value), queryable);
  if (name === "where") return faultOfWhere(String(value));
  if (name === "limit" || name === "offset") {
    return /^\d+$/.test(String(value)) ? null : "is no count";
  }
  if (name === "params") return faultOfParams(value);
  return "went upstream unread";
}

function faultOfOrder(order: string, queryable: readonly string[] | null): string | null {
  const tree = parse(`select 1 from t order by ${order}`);
  if (tree === null) return "can't be parsed";
  const names: string[] = [];
  let constants = 0;
  let fault: string | null = null;
  visit(tree, (key, value) => {
    if (!/^\d*$/.test(key) && !ORDER.has(key)) fault = `holds ${key}`;
    if ((key === "stmts" || key === "fields") && lengthOf(value) !== 1) fault = `holds two ${key}`;
    if (key === "sval") names.push(String(value));
    if (key === "A_Const") constants++;
  });
  // One is the statement's own; another would be the number of a column.
  if (constants > 1) fault = "holds a constant";
  const hidden = queryable === null ? undefined : names.find((name) => !queryable.includes(name));
  return fault ?? (hidden === undefined ? null : `names ${hidden}`);
}

function faultOfWhere(where: string): string | null {
  const bare = parse(`select 1 from t where ${where}`);
  const inside = parse(`select 1 from t where (${where}\n)`);
  // Electric parses it by itself, too, before it puts it into parentheses: what can't be parsed reaches no table.
  if (bare === null && (inside === null || isRow(inside))) return null;
  if (bare === null) return "breaks out of parentheses";
  if (inside === null) return "is more than a condition";
  let fault: string | null = null;
  visit(bare, (key, value) => {
    if (HOSTILE.has(key)) fault = `holds ${key}`;
    if (key === "stmts" && lengthOf(value) !== 1) fault = "is two statements";
    if (key === "fields" && lengthOf(value) !== 1) fault = "names something with a dot";
    if (key === "FuncCall" && isCallWithDot(value)) fault = "calls with a dot";
    if (key === "FuncCall" && !isHarmlessCall(value)) fault = "calls what may do more than compute";
    if (key === "name" && lengthOf(value) > 1) fault = "has an operator with a dot";
    if (key === "indirection" && JSON.stringify(value).includes('"String"')) fault = "takes a part";
    if (key === "names" && !TYPES.has(lastName(value))) fault = "may look something up";
  });
  return fault;
}

/** Whether it is a list, which is a row only once there are parentheses around it. */
const isRow = (tree: unknown) => JSON.stringify(tree).includes('"whereClause":{"RowExpr"');

/** The grammar itself writes `pg_catalog.` before what has a syntax of its own, such as TRIM. */
function isCallWithDot(call: unknown): boolean {
  const text = JSON.stringify(call);
  return /"funcname":\[\{[^\]]*\},\{/.test(text) && !text.includes("COERCE_SQL_SYNTAX");
}

/** What has a syntax of its own, such as AT TIME ZONE, only computes, too. */
function isHarmlessCall(call: unknown): boolean {
  const text = JSON.stringify(call);
  const name = /"funcname":\[\{"String":\{"sval":"([^"]*)"\}\}\]/.exec(text)?.[1] ?? "";
  return FUNCTIONS.has(name) || text.includes("COERCE_SQL_SYNTAX");
}

function faultOfParams(value: unknown): string | null {
  const json = typeof value === "string" ? parseJson(value) : value;
  if (typeof json !== "object" || json === null) return "are no values";
  const simple = Object.entries(json).every(([key, item]) =>
    /^\d+$/.test(key) && ["string", "number", "boolean"].includes(typeof item)
  );
  return simple ? null : "are no values by number";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function parse(sql: string): unknown {
  try {
    return parseSync(sql);
  } catch {
    return null;
  }
}

function visit(tree: unknown, look: (key: string, value: unknown) => void): void {
  JSON.stringify(tree, (key, value) => {
    look(key, value);
    return value;
  });
}

const lengthOf = (value: unknown): number => Array.isArray(value) ? value.length : 0;

function lastName(list: unknown): string {
  return /"sval":"([^"]*)"\}\}\]$/.exec(JSON.stringify(list))?.[1] ?? "";
}
