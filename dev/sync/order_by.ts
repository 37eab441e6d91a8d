import { names, nodes, parseClause, SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import type { Column } from "./table.ts";

const NODES = new Set(["SortBy", "ColumnRef", "String", "A_Const", "Integer", "List"]);

/**
 * Checks a subset's `order_by`: plain columns of the table, with a direction. Throws
 * {@link SqlRefused} with Electric's words.
 */
export async function checkOrderBy(orderBy: string, columns: readonly Column[]): Promise<void> {
  for (const node of nodes(await parseClause(`SELECT 1 ORDER BY ${orderBy}`, "sortClause"))) {
    const reason = reasonAgainst(node.type, names(node.fields.fields), columns);
    if (reason !== undefined) throw new SqlRefused(`At location ${node.location}: ${reason}`);
  }
}

function reasonAgainst(type: string, path: string[], columns: readonly Column[]) {
  if (!NODES.has(type)) return `${type} expressions are not allowed in ORDER BY clauses`;
  if (type !== "ColumnRef") return undefined;
  const found = path.length === 1 && columns.some(({ name }) => name === path[0]);
  return found ? undefined : `unknown reference ${path.join(".")}`;
}
