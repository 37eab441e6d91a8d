import type { Sql } from "./connection.ts";
import { quoteIdentifier } from "./identifier.ts";
import {
  nodes,
  parseClause,
  type SqlNode,
  SqlRefused,
} from "../../gatekeeper/policies/sql_tree.ts";
import type { Column } from "./table.ts";
import { explainPostgresError } from "./where_error.ts";
import { checkNode, WHERE_PREFIX } from "../../gatekeeper/policies/electric_grammar.ts";

/** A clause that Postgres accepted, with its parameters written into it. */
export interface WhereClause {
  readonly sql: string;
  /** The clause as it was sent and the parameters it uses: two clauses are one when these are. */
  readonly id: string;
  /** The columns it names. */
  readonly columns: readonly Column[];
}

/**
 * Checks a `where` clause as Electric does: Postgres's parser first, then only columns of the table
 * and known functions, then Postgres itself for the types. `params` are keyed by number.
 * Throws {@link SqlRefused} with Electric's words.
 */
export async function checkWhere(
  sql: Sql,
  where: string,
  params: ReadonlyMap<number, string>,
  columns: readonly Column[],
  subqueries: string,
): Promise<WhereClause> {
  const tree = [...nodes(await parseClause(WHERE_PREFIX + where, "whereClause"))];
  if (tree.some((node) => node.type === "SubLink")) throw new SqlRefused(subqueries);
  const used = new Set<Column>();
  for (const node of tree) {
    const column = checkNode(node, params, columns);
    if (column !== undefined) used.add(column);
  }
  const filled = fillParams(where, tree, params);
  const id = JSON.stringify([where, ...filled.usedParams]);
  const clause = { sql: filled.sql, id, columns: [...used] };
  await typeCheck(sql, clause, filled.originalLocation);
  return clause;
}

/**
 * Writes each parameter into the clause as a literal of no type, so that Postgres infers its type
 * from where it stands, as it does for a parameter.
 */
function fillParams(where: string, tree: readonly SqlNode[], params: ReadonlyMap<number, string>) {
  const bytes = new TextEncoder().encode(where);
  const decoder = new TextDecoder();
  const refs = tree.filter(({ type }) => type === "ParamRef")
    .sort((a, b) => a.location - b.location);
  /** Where pieces of the clause begin: in the filled text, and in the original. */
  const pieces: { at: number; original: number }[] = [{ at: 0, original: 0 }];
  let filled = "";
  let done = 0;
  for (const { location, fields } of refs) {
    const start = location - WHERE_PREFIX.length;
    filled += decoder.decode(bytes.subarray(done, start));
    pieces.push({ at: filled.length, original: start });
    filled += quoteLiteral(params.get(Number(fields.number ?? 0)) ?? "");
    done = start + 1 + `${fields.number ?? 0}`.length;
    pieces.push({ at: filled.length, original: done });
  }
  filled += decoder.decode(bytes.subarray(done));
  const originalLocation = (at: number) => {
    const piece = pieces.findLast((candidate) => candidate.at <= at);
    return piece === undefined ? at : piece.original + (at - piece.at);
  };
  const used = new Set(refs.map(({ fields }) => Number(fields.number ?? 0)));
  const usedParams = [...params].filter(([number]) => used.has(number));
  return { sql: filled, usedParams, originalLocation };
}

function quoteLiteral(value: string): string {
  if (value.includes("\0")) throw new SqlRefused("a parameter can't hold a zero byte");
  return `'${value.replaceAll("'", "''")}'`;
}

/** Lets Postgres analyse the clause against an empty row of the right types. */
async function typeCheck(
  sql: Sql,
  clause: WhereClause,
  originalLocation: (at: number) => number,
): Promise<void> {
  const row = clause.columns.map(({ name, sqlType }) =>
    `null::${sqlType} as ${quoteIdentifier(name)}`
  );
  const before = `select from (select ${row.join(", ")}) as "row" where (\n`;
  try {
    await sql.unsafe(`${before}${clause.sql}\n)`);
  } catch (error) {
    const reason = explainPostgresError(error, (position) => {
      return originalLocation(position - 1 - before.length);
    });
    if (reason === undefined) throw error;
    throw new SqlRefused(reason);
  }
}
