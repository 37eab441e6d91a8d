import postgres from "postgres";
import { formatRelation, quoteName } from "../shared/identifier.ts";
import { invalidRequest, Refusal } from "../shared/refusal.ts";
import type { Shape } from "../shared/shape.ts";
import { type Database, databaseUnavailable } from "./database.ts";

interface Column {
  readonly name: string;
  readonly key: boolean;
}

/**
 * Checks a shape against the database before it is signed, so that a mistake is a 400 that names
 * the field here, not an error of Electric's later. A table that doesn't exist is a 403, the same
 * as one that nobody may see.
 */
export async function checkShape(sql: Database, shape: Shape): Promise<void> {
  const columns = await ask(() => readColumns(sql, shape));
  if (columns.length === 0) throw forbiddenTable(shape);
  checkColumns(shape, columns);
  await checkWhere(sql, shape);
}

/** 403, in the same words whether the table exists or not. */
export function forbiddenTable(shape: Shape): Refusal {
  return new Refusal(403, "forbidden", `You may not sync table ${formatRelation(shape.relation)}.`);
}

function readColumns(sql: Database, { relation }: Shape): Promise<Column[]> {
  return sql<Column[]>`
    select a.attname as name, coalesce(a.attnum = any(i.indkey), false) as key
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
    where n.nspname = ${relation.namespace} and c.relname = ${relation.name}
      and c.relkind in ('r', 'p')
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
}

function checkColumns({ columns }: Shape, known: readonly Column[]): void {
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
 * Lets Postgres parse the clause without running it. Twice, since each form alone lets a trick
 * through: `true) or (true` fits into parentheses, `true order by 1` fits without.
 */
async function checkWhere(sql: Database, { relation, where, params }: Shape): Promise<void> {
  if (where === null) {
    if (params.length > 0) {
      throw invalidRequest("params are given, but there is no where to use them.");
    }
    return;
  }
  const table = `${quoteName(relation.namespace)}.${quoteName(relation.name)}`;
  const bare = await describe(sql, `select from ${table} where ${where}`);
  await describe(sql, `select from ${table} where (${where}\n)`);
  if (bare !== params.length) {
    throw invalidRequest(
      `where uses ${bare} of the parameters $1, $2, …, but params has ${params.length}.`,
    );
  }
}

async function describe(sql: Database, statement: string): Promise<number> {
  return await ask(async () => (await sql.unsafe(statement).describe()).types.length);
}

/** Errors of the clause are the client's (classes 22 and 42); all others say the database is away. */
async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof postgres.PostgresError && /^(22|42|0A)/.test(error.code)) {
      throw invalidRequest(`where can't be used: ${error.message}.`);
    }
    throw databaseUnavailable();
  }
}
