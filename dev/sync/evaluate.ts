import postgres from "postgres";
import type { Sql } from "./connection.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { Cell } from "./pgoutput.ts";
import type { WhereClause } from "./where_clause.ts";

/** A row by column name, values in Postgres's text form. */
export type Row = ReadonlyMap<string, Cell>;

/**
 * Which rows a clause includes, told by Postgres itself in one read-only statement. A row on which
 * the clause fails (a division by zero) isn't included. Rejects when the connection is lost.
 */
export async function includes(
  sql: Sql,
  where: WhereClause,
  rows: readonly Row[],
): Promise<boolean[]> {
  if (rows.length === 0) return [];
  try {
    return await evaluate(sql, where, rows);
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || /^(08|57)/.test(error.code)) throw error;
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) return [false];
    const answers: boolean[] = [];
    for (const row of rows) answers.push(...await includes(sql, where, [row]));
    return answers;
  }
}

async function evaluate(sql: Sql, where: WhereClause, rows: readonly Row[]): Promise<boolean[]> {
  const arrays = where.columns.map(({ name }) => arrayLiteral(rows.map((row) => row.get(name))));
  const cells = where.columns.map((_, i) => `c${i}`);
  const typed = where.columns.map(({ name, sqlType }, i) =>
    `, c${i}::${sqlType} as ${quoteIdentifier(name)}`
  );
  const places = [...where.columns, undefined].map((_, i) => `$${i + 1}::text[]`);
  // One row for all: postgresjs 3.4 mixes up the next result of a connection when a statement
  // fails after its first row.
  const [answer] = await sql.unsafe<{ answers: string }[]>(
    `select string_agg(case when (\n${where.sql}\n) then 't' else 'f' end, '' order by "row at")
       as answers
     from (select "row at"::int${typed.join("")}
       from unnest(${places.join(", ")}) as cells(${[...cells, `"row at"`].join(", ")})) as "row"`,
    [...arrays, arrayLiteral(rows.map((_, i) => `${i}`))],
    { prepare: true },
  );
  return [...answer?.answers ?? ""].map((letter) => letter === "t");
}

/** Postgres's array literal: quoted, backslash and quote escaped. */
function arrayLiteral(values: readonly Cell[]): string {
  const items = values.map((value) =>
    value === null || value === undefined ? "NULL" : `"${value.replace(/["\\]/g, "\\$&")}"`
  );
  return `{${items.join(",")}}`;
}
