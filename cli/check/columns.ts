import postgres from "postgres";
import { quoteTable } from "../../shared/identifier.ts";
import { readShape } from "../../shared/shape.ts";
import type { NamedColumn } from "./named_columns.ts";

/** Gives those named columns that their table doesn't have; of tables that aren't there, none. */
export async function missingColumns(
  url: string,
  named: readonly NamedColumn[],
): Promise<NamedColumn[]> {
  const asked = named.flatMap((one) => {
    const table = quotedTable(one.table);
    return table === null ? [] : [{ one, table }];
  });
  if (asked.length === 0) return [];
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const tables = asked.map(({ table }) => table);
    const columns = asked.map(({ one }) => one.column);
    const missing = await sql<{ n: number }[]>`
      select n::int
      from unnest(${tables}::text[], ${columns}::text[]) with ordinality as t (name, col, n)
      where to_regclass(name) is not null and not exists (
        select from pg_catalog.pg_attribute a
        where a.attrelid = to_regclass(name) and a.attname = col and a.attnum > 0
          and not a.attisdropped
      )
      order by n`;
    return missing.flatMap(({ n }) => asked[n - 1]?.one ?? []);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A table's name for Postgres; `null` for what is none, which the policies themselves refuse. */
function quotedTable(table: string): string | null {
  try {
    const { namespace, name } = readShape({ table });
    return quoteTable(namespace, name);
  } catch {
    return null;
  }
}
