import postgres from "postgres";
import { arrayLiteral } from "./array_literal.ts";
import type { Sql } from "./connection.ts";
import { quoteIdentifier } from "./identifier.ts";
import { flagsSql, membershipSql, readFlags } from "./membership_sql.ts";
import type { Cell } from "./pgoutput.ts";
import { isIncluded } from "./subquery_plan.ts";
import type { Column } from "./table.ts";
import type { Views } from "./views.ts";
import type { WhereClause } from "./where_clause.ts";

/** A row by column name, values in Postgres's text form. */
export type Row = ReadonlyMap<string, Cell>;

/** What a clause says of a row. */
export interface Verdict {
  readonly isInside: boolean;
  /** Which positions of a clause with subqueries hold; empty for any other. */
  readonly conditions: readonly boolean[];
}

/** Boolean expressions of a row of these columns; the first parameters are theirs. */
interface Conditions {
  readonly sql: readonly string[];
  readonly params: readonly string[];
  readonly columns: readonly Column[];
}

/**
 * What a clause says of rows, told by Postgres itself in one read-only statement; subqueries give
 * what `views` hold. What fails on a row (a division by zero) doesn't hold for it. Rejects when the
 * connection is lost.
 */
export async function judge(
  sql: Sql,
  where: WhereClause,
  views: Views,
  rows: readonly Row[],
): Promise<Verdict[]> {
  const { columns, subqueries: plan } = where;
  if (plan === undefined) {
    const answers = await holds(sql, { sql: [where.sql], params: [], columns }, rows);
    return answers.map(([isInside = false]) => ({ isInside, conditions: [] }));
  }
  const { conditions, params } = membershipSql(plan, views, 1);
  const answers = await holds(sql, { sql: conditions, params, columns }, rows);
  return answers.map((answer) => ({ isInside: isIncluded(plan, answer), conditions: answer }));
}

/** For each row, which conditions hold. */
async function holds(
  sql: Sql,
  conditions: Conditions,
  rows: readonly Row[],
): Promise<boolean[][]> {
  const [row] = rows;
  if (row === undefined) return [];
  try {
    return await evaluate(sql, conditions, rows);
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || /^(08|57)/.test(error.code)) throw error;
    if (rows.length > 1) {
      const answers: boolean[][] = [];
      for (const one of rows) answers.push(...await holds(sql, conditions, [one]));
      return answers;
    }
    if (conditions.sql.length === 1) return [[false]];
    const answer: boolean[] = [];
    for (const one of conditions.sql) {
      const [alone = []] = await holds(sql, { ...conditions, sql: [one] }, rows);
      answer.push(...alone);
    }
    return [answer];
  }
}

async function evaluate(
  sql: Sql,
  conditions: Conditions,
  rows: readonly Row[],
): Promise<boolean[][]> {
  const { columns, params } = conditions;
  const arrays = columns.map(({ name }) => arrayLiteral(rows.map((row) => row.get(name))));
  const cells = columns.map((_, i) => `c${i}`);
  const typed = columns.map(({ name, sqlType }, i) =>
    `, c${i}::${sqlType} as ${quoteIdentifier(name)}`
  );
  const places = [...columns, undefined].map((_, i) => `$${params.length + i + 1}::text[]`);
  // Each on lines of its own: a clause may end in a comment.
  const flags = flagsSql(conditions.sql.map((one) => `(\n${one}\n)`));
  // One row for all: postgresjs 3.4 mixes up the next result of a connection when a statement
  // fails after its first row.
  const [answer] = await sql.unsafe<{ answers: string }[]>(
    `select string_agg(${flags}, '' order by "row at") as answers
     from (select "row at"::int${typed.join("")}
       from unnest(${places.join(", ")}) as cells(${[...cells, `"row at"`].join(", ")})) as "row"
     ${mention(params.length)}`,
    [...params, ...arrays, arrayLiteral(rows.map((_, i) => `${i}`))],
    { prepare: true },
  );
  const letters = readFlags(answer?.answers ?? "");
  const width = conditions.sql.length;
  return rows.map((_, i) => letters.slice(i * width, (i + 1) * width));
}

/** Names every parameter of views: one that a statement doesn't name has no type, and is refused. */
function mention(count: number): string {
  if (count === 0) return "";
  const names = Array.from({ length: count }, (_, i) => `$${i + 1}::text[] is not null`);
  return `where ${names.join(" and ")}`;
}
