import type { Row } from "./evaluate.ts";
import { quoteRelation } from "./identifier.ts";
import type { Table } from "./table.ts";

/**
 * A row's key in a snapshot: `"public"."items"/"1"/"x//y"`. Slashes in values are doubled, a null
 * (only where there is no primary key) is `_`.
 */
export function snapshotKey(table: Table, row: Row): string {
  return quoteRelation(table) + keyValues(table, row);
}

/**
 * A row's key in a live change. Electric escapes the relation another way there (dots and slashes
 * doubled, quotes left), which differs from the snapshot's key only for such odd names.
 */
export function changeKey(table: Table, row: Row): string {
  const escape = (name: string) => name.replaceAll("/", "//").replaceAll(".", "..");
  return `"${escape(table.schema)}"."${escape(table.table)}"${keyValues(table, row)}`;
}

function keyValues(table: Table, row: Row): string {
  return table.key.map((name) => {
    const value = row.get(name) ?? null;
    return value === null ? "/_" : `/"${value.replaceAll("/", "//")}"`;
  }).join("");
}
