import { numberParams } from "./clause_params.ts";
import type { Sql } from "./connection.ts";
import { parseRelation, quoteRelation, type RelationName } from "./identifier.ts";
import { invalid, type ShapeParams } from "./request_params.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import { SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import type { Table } from "./table.ts";
import type { TableCache } from "./table_cache.ts";
import { checkWhere, type WhereClause } from "./where_clause.ts";

/** Checks what a request says of its shape against the database. Throws `InvalidRequest`. */
export async function defineShape(
  tables: TableCache,
  reader: Sql,
  request: ShapeParams,
): Promise<ShapeDefinition> {
  const table = await findTable(tables, request.table);
  const { replica, log } = request;
  const queryable = checkQueryable(table, request.queryableColumns);
  const columns = checkColumns(table, request.columns, queryable);
  const where = await checkShapeWhere(tables, reader, table, request);
  const listsColumns = request.columns !== undefined || queryable !== undefined;
  return { table, where, columns, queryable, replica, log, listsColumns };
}

async function findTable(tables: TableCache, name: string): Promise<Table> {
  const relation = parseRelation(name);
  if (!relation.ok) throw invalid("table", relation.reason);
  const table = await tables.get(relation.value);
  if (table !== undefined) return table;
  throw invalid(
    "table",
    `Table ${quoteRelation(relation.value)} does not exist. ` +
      "If the table name contains capitals or special characters you must quote it.",
  );
}

function checkQueryable(table: Table, wanted: readonly string[] | undefined) {
  if (wanted === undefined) return undefined;
  const missing = table.key.filter((name) => !wanted.includes(name));
  if (missing.length > 0) {
    const list = missing.join(", ");
    throw invalid(
      "queryable_columns",
      `The list of queryable columns must include all primary key columns, missing: ${list}`,
    );
  }
  const unknown = wanted.filter((name) => !table.columns.some((column) => column.name === name));
  if (unknown.length > 0) {
    const list = unknown.join(", ");
    throw invalid(
      "queryable_columns",
      `The following queryable columns are not found on the table: ${list}`,
    );
  }
  return [...wanted].sort();
}

function checkColumns(
  table: Table,
  wanted: readonly string[] | undefined,
  queryable: readonly string[] | undefined,
): readonly string[] {
  const all = queryable ?? table.columns.map(({ name }) => name);
  if (wanted === undefined) return [...all].sort();
  const missing = table.key.filter((name) => !wanted.includes(name));
  if (missing.length > 0) {
    const list = missing.join(", ");
    throw invalid(
      "columns",
      `The list of columns must include all primary key columns, missing: ${list}`,
    );
  }
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    const list = unknown.join(", ");
    throw invalid("columns", `The following columns are not found on the table: ${list}`);
  }
  return [...new Set(wanted)].sort();
}

/** Clauses checked already, by table: a client sends the same one with every request. */
const checked = new WeakMap<Table, Map<string, WhereClause>>();
const MAX_CHECKED = 1000;

async function checkShapeWhere(
  tables: TableCache,
  reader: Sql,
  table: Table,
  request: ShapeParams,
): Promise<WhereClause | undefined> {
  if (request.where === undefined) return undefined;
  const params = numberParams(request.params, (reason) => invalid("params", reason));
  const id = JSON.stringify([request.where, ...params]);
  const known = checked.get(table) ?? new Map<string, WhereClause>();
  const found = known.get(id);
  if (found !== undefined && await isCurrent(tables, found)) return found;
  try {
    const find = (name: RelationName) => tables.get(name);
    const clause = await checkWhere(reader, request.where, params, table.columns, find);
    if (known.size >= MAX_CHECKED) known.clear();
    checked.set(table, known.set(id, clause));
    return clause;
  } catch (error) {
    if (error instanceof SqlRefused) throw invalid("where", error.message);
    throw error;
  }
}

/** Whether the tables of a clause's subqueries are still what they were. */
async function isCurrent(tables: TableCache, { subqueries }: WhereClause): Promise<boolean> {
  for (const table of subqueries?.tables ?? []) {
    if (await tables.get(table) !== table) return false;
  }
  return true;
}
