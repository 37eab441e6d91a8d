import postgres, { type TransactionSql } from "postgres";
import { quoteTable } from "../../shared/identifier.ts";
import { invalidRequest, Refusal } from "../../shared/refusal.ts";
import type { Shape } from "../../shared/shape.ts";
import { checkClause } from "../../shared/clause.ts";
import { checkElectricReads } from "../policies/electric_grammar.ts";
import { ParserMissing, SqlRefused } from "../policies/sql_tree.ts";

/** A column of a table, and whether it is of the primary key. */
export interface Column {
  readonly name: string;
  readonly key: boolean;
}

/** 403, in the same words whether the table exists or not; `reason` is the log's. */
export function forbiddenTable(shape: Shape, reason: string): Refusal {
  const message = `You may not sync table ${shape.table}.`;
  return new Refusal(403, "forbidden", message).because(reason);
}

/** Gives a table's columns; throws {@link forbiddenTable} where there is no such table. */
export async function readColumns(sql: TransactionSql, shape: Shape): Promise<Column[]> {
  const columns = await sql<Column[]>`
    select a.attname as name, coalesce(a.attnum = any(i.indkey), false) as key
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
    where n.nspname = ${shape.namespace} and c.relname = ${shape.name}
      and c.relkind in ('r', 'p')
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
  if (columns.length === 0) throw forbiddenTable(shape, "no_such_table");
  return columns;
}

/** Throws a 400 {@link Refusal} that names the columns that aren't there, or those of the key that are missing. */
export function checkColumns({ columns }: Shape, known: readonly Column[]): void {
  if (columns === null) return;
  const unknown = columns.filter((name) => !known.some((column) => column.name === name));
  if (unknown.length > 0) {
    throw invalidRequest(`columns names what the table doesn't have: ${unknown.join(", ")}.`);
  }
  const missing = known.filter((column) => column.key && !columns.includes(column.name));
  if (missing.length > 0) {
    const names = missing.map((column) => column.name).join(", ");
    throw invalidRequest(`columns must include the primary key; missing: ${names}.`);
  }
}

/**
 * Lets Postgres resolve the clause's names and types without planning or running it, and read the
 * values of its parameters as those types. A client's clause sees nothing but its table and what
 * Postgres is born with, so that it can't ask what else there is. Throws a 400 {@link Refusal}.
 */
export async function checkWhere(
  sql: TransactionSql,
  { namespace, name, where, params }: Shape,
  writtenBy: "client" | "policy",
): Promise<void> {
  if (where === null) {
    if (params.length === 0) return;
    throw invalidRequest("params are given, but there is no where to use them.");
  }
  if (writtenBy === "client") checkClause(where);
  const table = quoteTable(namespace, name);
  try {
    // Before Postgres reads it: some types look up what their literals name.
    await checkGrammar(where);
    const path = writtenBy === "client"
      ? sql.unsafe("set local search_path = pg_catalog").execute()
      : undefined;
    const [{ types }] = await Promise.all([
      sql.unsafe(`select from ${table} where ${where}`).describe(),
      path,
    ]);
    // Twice: `true) or (true` fits into parentheses, `true order by 1` fits without. Not at once: when
    // the first fails, Postgres would log a second error, about the transaction.
    await sql.unsafe(`select from ${table} where (${where}\n)`).describe();
    if (types.length !== params.length) {
      throw invalidRequest(
        `where uses ${types.length} of the parameters $1, $2, …, but params has ${params.length}.`,
      );
    }
    if (params.length > 0) await checkParams(sql, params, types);
  } catch (error) {
    if (error instanceof SqlRefused) {
      throw invalidRequest(`Electric can't read this where: ${error.message}.`);
    }
    if (!(error instanceof postgres.PostgresError) || !/^(22|42|0A)/.test(error.code)) throw error;
    throw invalidRequest(`where can't be used: ${error.message}.`);
  }
}

let parserWasMissed = false;

/**
 * Checks Electric's grammar. Where the parser's file may not be read, Electric alone refuses what it
 * can't read, after the signing: that costs a clear message and no safety, so it is only told, once.
 */
async function checkGrammar(where: string): Promise<void> {
  if (parserWasMissed) return;
  try {
    await checkElectricReads(where);
  } catch (error) {
    if (!(error instanceof ParserMissing)) throw error;
    parserWasMissed = true;
    console.warn(
      `${error.message}: clauses aren't checked against Electric's grammar. ` +
        "Add that package; on Deno, start with --allow-read for the folder that it is in.",
    );
  }
}

/** Reads each value as its type, by way of text: the driver would convert some by itself. */
async function checkParams(
  sql: TransactionSql,
  params: readonly string[],
  types: readonly number[],
): Promise<void> {
  const names = await sql<{ name: string }[]>`
    select pg_catalog.format_type(oid, null) as name
    from unnest(${`{${types.join()}}`}::text::oid[]) with ordinality as t (oid, n) order by n`;
  const casts = names.map(({ name }, i) => `cast($${i + 1}::text as ${name})`);
  await sql.unsafe(`select ${casts.join()}`, [...params]);
}
