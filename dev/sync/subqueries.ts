import { checkNode, refusedAt } from "../../gatekeeper/policies/electric_grammar.ts";
import { nodes, type SqlNode } from "../../gatekeeper/policies/sql_tree.ts";
import type { RelationName } from "./identifier.ts";
import { quoteRelation } from "./identifier.ts";
import { invalid } from "./request_params.ts";
import { readSelect, readTested, type SubquerySelect } from "./subquery_select.ts";
import type { Column, Table } from "./table.ts";

/** Looks a table up by its name. */
export type FindTable = (name: RelationName) => Promise<Table | undefined>;

/** A subquery whose table and columns are there. */
export interface Subquery {
  readonly select: SubquerySelect;
  readonly table: Table;
  /** What it gives: by name, as Electric sorts them, also where a row is looked up. */
  readonly columns: readonly Column[];
  readonly inner: Subqueries;
}

/** The subqueries of one clause, not those inside them, by their places in the text. */
export type Subqueries = ReadonlyMap<number, Subquery>;

/**
 * Finds the subqueries of a clause and checks each as a shape of its own, innermost first as
 * Electric does. Throws `SqlRefused`, and `InvalidRequest` for a table or column that isn't there.
 */
export async function findSubqueries(
  where: unknown,
  params: ReadonlyMap<number, string>,
  find: FindTable,
): Promise<Subqueries> {
  const found = new Map<number, Subquery>();
  for (const node of nodes(where, "SubLink")) {
    if (node.type !== "SubLink") continue;
    const select = readSelect(node);
    const table = await requireTable(select.table, find);
    const columns = requireColumns(table, select.columns);
    const inner = await findSubqueries(select.where, params, find);
    checkNodes(select.where, params, table.columns, inner);
    found.set(node.location, { select, table, columns, inner });
  }
  return found;
}

/** Checks a clause's own nodes; gives the columns it names. Throws `SqlRefused`. */
export function checkNodes(
  where: unknown,
  params: ReadonlyMap<number, string>,
  columns: readonly Column[],
  subqueries: Subqueries,
): Set<Column> {
  const used = new Set<Column>();
  for (const node of nodes(where, "SubLink")) {
    if (node.type === "SubLink") {
      const subquery = subqueries.get(node.location);
      const tested = checkTested(node, columns);
      if (subquery !== undefined) checkTypes(node, tested, subquery);
      for (const column of tested) used.add(column);
    } else {
      const column = checkNode(node, params, columns);
      if (column !== undefined) used.add(column);
    }
  }
  return used;
}

/** The columns that a subquery's values are compared with. */
export function checkTested(link: SqlNode, columns: readonly Column[]): Column[] {
  return readTested(link).map((name) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw refusedAt(link, `unknown reference ${name}`);
    return column;
  });
}

function checkTypes(link: SqlNode, tested: readonly Column[], { columns }: Subquery): void {
  const [left, right] = [typeName(tested), typeName(columns)];
  if (left === right) return;
  const reason = "left side of `IN (SELECT ...)` has type " +
    `${left} but subquery returns ${right}[]`;
  throw refusedAt(link, reason);
}

function typeName(columns: readonly Column[]): string {
  const names = columns.map(({ type, dimensions }) => `${type}${dimensions > 0 ? "[]" : ""}`);
  return names.length === 1 ? names.join() : `row of (${names.join(", ")})`;
}

async function requireTable(name: RelationName, find: FindTable): Promise<Table> {
  const table = await find(name);
  if (table !== undefined) return table;
  throw invalid(
    "table",
    `Table ${quoteRelation(name)} does not exist. ` +
      "If the table name contains capitals or special characters you must quote it.",
  );
}

function requireColumns(table: Table, names: readonly string[]): Column[] {
  const unknown = names.filter((name) => !table.columns.some((column) => column.name === name));
  if (unknown.length > 0) {
    const list = unknown.join(", ");
    throw invalid("columns", `The following columns are not found on the table: ${list}`);
  }
  return table.columns.filter(({ name }) => names.includes(name))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}
