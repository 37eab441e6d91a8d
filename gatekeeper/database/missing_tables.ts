import type { Sql } from "postgres";
import { quoteName } from "../../shared/identifier.ts";
import { readShape } from "../../shared/shape.ts";
import type { Policies } from "../policies/policy.ts";

/**
 * Gives the tables with a policy that the database doesn't have as tables: mistyped, not yet made, or
 * views, which Electric can't sync. To clients they look like a table that nobody may see.
 */
export async function missingTables(sql: Sql, { tables }: Policies): Promise<string[]> {
  const named = tables.map((table) => {
    const { namespace, name } = readShape({ table });
    return `${quoteName(namespace)}.${quoteName(name)}`;
  });
  const rows = await sql<{ n: number }[]>`
    select n::int from unnest(${named}::text[]) with ordinality as t (name, n)
    where not exists (
      select from pg_catalog.pg_class c where c.oid = to_regclass(t.name) and c.relkind in ('r', 'p')
    )
    order by n`;
  return rows.map(({ n }) => tables[n - 1] ?? "");
}
