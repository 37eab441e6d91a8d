import { nodes, parseClause, SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import { WHERE_PREFIX } from "../../gatekeeper/policies/electric_grammar.ts";
import { editClause, type EditedClause, emptyRow, paramEdits, tableEdits } from "./clause_text.ts";
import type { Sql } from "./connection.ts";
import { planSubqueries, printClause } from "./plan_subqueries.ts";
import { checkNodes, findSubqueries, type FindTable } from "./subqueries.ts";
import type { SubqueryPlan } from "./subquery_plan.ts";
import type { Column } from "./table.ts";
import { explainPostgresError } from "./where_error.ts";

/** A clause that Postgres accepted, with its parameters written into it. */
export interface WhereClause {
  readonly sql: string;
  /** The clause as it was sent and the parameters it uses: two clauses are one when these are. */
  readonly id: string;
  /** The columns it names. */
  readonly columns: readonly Column[];
  /** How to follow its subqueries, if it has any. */
  readonly subqueries: SubqueryPlan | undefined;
}

/**
 * Checks a `where` clause as Electric does: Postgres's parser first, then its subqueries, only
 * columns of the table and known functions, then Postgres itself for the types. `params` are keyed
 * by number; without `find`, subqueries are refused. Throws {@link SqlRefused} with Electric's
 * words, and `InvalidRequest` for a subquery's table or column that isn't there.
 */
export async function checkWhere(
  sql: Sql,
  where: string,
  params: ReadonlyMap<number, string>,
  columns: readonly Column[],
  find: FindTable | undefined,
): Promise<WhereClause> {
  const tree = await parseClause(WHERE_PREFIX + where, "whereClause");
  const hasSubqueries = [...nodes(tree)].some(({ type }) => type === "SubLink");
  if (hasSubqueries && find === undefined) {
    throw new SqlRefused("Subqueries are not allowed in subsets");
  }
  const subqueries = find === undefined ? new Map() : await findSubqueries(tree, params, find);
  const used = checkNodes(tree, params, columns, subqueries);
  const filled = editClause(where, paramEdits(tree, params));
  const checked = hasSubqueries
    ? editClause(where, [...paramEdits(tree, params), ...tableEdits(where, subqueries)])
    : filled;
  await typeCheck(sql, checked, used);
  const clause = { id: clauseId(where, tree, params), columns: [...used] };
  if (!hasSubqueries) return { ...clause, sql: filled.sql, subqueries: undefined };
  return {
    ...clause,
    sql: await printClause(tree, params, subqueries),
    subqueries: await planSubqueries({ tree, params, columns, subqueries }),
  };
}

function clauseId(where: string, tree: unknown, params: ReadonlyMap<number, string>): string {
  const used = new Set(
    [...nodes(tree)].flatMap(({ type, fields }) =>
      type === "ParamRef" ? [Number(fields.number ?? 0)] : []
    ),
  );
  return JSON.stringify([where, ...[...params].filter(([number]) => used.has(number))]);
}

/** Lets Postgres analyse the clause against an empty row of the right types. */
async function typeCheck(
  sql: Sql,
  clause: EditedClause,
  columns: Iterable<Column>,
): Promise<void> {
  const before = `select from (${emptyRow(columns)}) as "row" where (\n`;
  try {
    await sql.unsafe(`${before}${clause.sql}\n)`);
  } catch (error) {
    const reason = explainPostgresError(error, (position) => {
      return clause.originalLocation(position - 1 - before.length);
    });
    if (reason === undefined) throw error;
    throw new SqlRefused(reason);
  }
}
