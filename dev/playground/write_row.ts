import postgres, { type Sql } from "postgres";
import { quoteName, quoteTable } from "../../shared/identifier.ts";
import { invalidRequest } from "../../shared/refusal.ts";
import type { Column, RowChange, Table } from "./protocol.ts";
import { readTables } from "./tables.ts";

/**
 * Inserts, updates or deletes one row, as an app's own backend would. Names come from the catalogue and
 * values are parameters: nothing that a page sends becomes SQL. Throws a 400 {@link Refusal}, with what
 * Postgres said.
 */
export async function writeRow(sql: Sql, change: RowChange): Promise<void> {
  const table = (await readTables(sql))
    .find(({ schema, name }) => schema === change.schema && name === change.name);
  if (table === undefined) throw invalidRequest("There is no such table.");
  const params: (string | null)[] = [];
  const value = ({ type }: Column, text: string | null) => `$${params.push(text)}::text::${type}`;
  const pairs = (fields: Readonly<Record<string, string | null>>, between: string) =>
    columnsOf(table, fields)
      .map(([column, text]) => `${quoteName(column.name)} = ${value(column, text)}`)
      .join(between);
  const name = quoteTable(table.schema, table.name);
  const statement = () => {
    if (change.action === "insert") return insertInto(name, columnsOf(table, change.values), value);
    checkKey(table, change.key);
    if (change.action === "delete") {
      return `delete from ${name} where ${pairs(change.key, " and ")}`;
    }
    const set = pairs(change.values, ", ");
    if (set === "") throw invalidRequest("Nothing is to be changed.");
    return `update ${name} set ${set} where ${pairs(change.key, " and ")}`;
  };
  try {
    const { count } = await sql.unsafe(statement(), params);
    if (count === 0) throw invalidRequest("There is no such row any more.");
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    throw invalidRequest(`Postgres says: ${error.message}`);
  }
}

function insertInto(
  table: string,
  fields: [Column, string | null][],
  value: (column: Column, text: string | null) => string,
): string {
  if (fields.length === 0) return `insert into ${table} default values`;
  const names = fields.map(([column]) => quoteName(column.name)).join(", ");
  const values = fields.map(([column, text]) => value(column, text)).join(", ");
  return `insert into ${table} (${names}) values (${values})`;
}

function columnsOf(
  { columns }: Table,
  fields: Readonly<Record<string, string | null>>,
): [Column, string | null][] {
  return Object.entries(fields).map(([name, text]) => {
    const column = columns.find((one) => one.name === name);
    if (column === undefined) throw invalidRequest(`There is no column ${JSON.stringify(name)}.`);
    return [column, text];
  });
}

/** Without its whole key, a change would be of more than one row. */
function checkKey({ columns, name }: Table, key: Readonly<Record<string, string>>): void {
  const wanted = columns.filter((column) => column.key).map((column) => column.name).sort();
  const given = Object.keys(key).sort();
  if (wanted.length > 0 && wanted.join("\0") === given.join("\0")) return;
  throw invalidRequest(`A row of ${name} is named by all of its key: ${wanted.join(", ")}.`);
}
