import { parse } from "libpg-query";
import postgres, { type Sql } from "postgres";
import { DevError } from "./error.ts";
import { textTable } from "./text_table.ts";

/** Types whose values stand at the right: the numbers (pg_type's fixed oids). */
const NUMBERS = [20, 21, 23, 26, 700, 701, 790, 1700];

/**
 * Runs SQL statements one after another, on one connection, and gives what `psql` would print of
 * each to `print`: its rows as a table, and what it did (`INSERT 0 1`). The first that fails is the last.
 *
 * @throws {DevError} `sql_failed` with Postgres's message and place, `database_unreachable`.
 */
export async function runSql(
  databaseUrl: string,
  text: string,
  print: (text: string) => void,
): Promise<void> {
  const sql = postgres(databaseUrl, {
    max: 1,
    connect_timeout: 5,
    onnotice: ({ severity = "NOTICE", message = "" }) => print(`${severity}:  ${message}`),
  });
  try {
    for (const statement of await splitStatements(text)) await runStatement(sql, statement, print);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Splits at the semicolons that end statements, as Postgres's own parser sees them. */
export async function splitStatements(text: string): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  // What can't be parsed goes as it is: Postgres knows best what is wrong with it.
  const tree = await parse(text).catch(() => null);
  if (tree === null) return [text];
  return (tree.stmts ?? []).map(({ stmt_location: from = 0, stmt_len: length = 0 }) => {
    const to = length === 0 ? bytes.length : from + length;
    return new TextDecoder().decode(bytes.subarray(from, to)).trim();
  });
}

async function runStatement(sql: Sql, statement: string, print: (text: string) => void) {
  try {
    const result = await sql.unsafe(statement).raw();
    const { columns } = result;
    if (columns !== undefined && columns !== null && columns.length > 0) {
      const shown = columns.map(({ name, type }) => ({ name, right: NUMBERS.includes(type) }));
      const rows: (string | null)[][] = result.map((row) => Array.from(row, readValue));
      print(textTable(shown, rows));
    }
    const done = whatWasDone(result.command ?? "", result.count ?? 0);
    if (done !== null) print(done);
  } catch (error) {
    throw explain(error, statement);
  }
}

/** A value as Postgres wrote it. */
function readValue(value: unknown): string | null {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : null;
}

/** Postgres's command tag (its manual, "Message Formats", CommandComplete); the rows of a query say it all. */
function whatWasDone(command: string, count: number): string | null {
  if (command === "SELECT" || command === "SHOW") return null;
  if (command === "INSERT") return `INSERT 0 ${count}`;
  return ["UPDATE", "DELETE", "MERGE", "COPY"].includes(command) ? `${command} ${count}` : command;
}

function explain(error: unknown, statement: string): DevError {
  if (!(error instanceof postgres.PostgresError)) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    return new DevError("database_unreachable", `Postgres can't be asked: ${reason}.`);
  }
  const { severity, message, position, detail, hint } = error;
  const lines = [
    `${severity}:  ${message}`,
    ...placeOf(statement, Number(position)),
    ...(detail ? [`DETAIL:  ${detail}`] : []),
    ...(hint ? [`HINT:  ${hint}`] : []),
  ];
  return new DevError("sql_failed", lines.join("\n"));
}

/** The line of a position (in characters, from 1), and a mark below it; nothing for no position. */
function placeOf(statement: string, position: number): string[] {
  if (!(position > 0)) return [];
  const before = [...statement].slice(0, position - 1).join("").split("\n");
  const number = before.length;
  const prefix = `LINE ${number}: `;
  const column = [...before.at(-1) ?? ""].length;
  const line = statement.split("\n")[number - 1] ?? "";
  return [`${prefix}${line}`, `${" ".repeat(prefix.length + column)}^`];
}
