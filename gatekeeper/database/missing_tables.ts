import type { Sql } from "postgres";
import { quoteTable } from "../../shared/identifier.ts";
import { readShape } from "../../shared/shape.ts";
import type { Policies } from "../policies/policy.ts";

/** A policy's table that the database doesn't have as a table. */
export interface MissingTable {
  /** As the policies name it. */
  readonly table: string;
  /** `pg_class.relkind` of what has that name instead, such as `v` for a view; `null` for nothing. */
  readonly kind: string | null;
}

/**
 * Gives the tables with a policy that the database doesn't have as tables: mistyped, not yet made, or
 * views, which Electric can't sync. To clients they look like a table that nobody may see.
 */
export async function missingTables(sql: Sql, { tables }: Policies): Promise<MissingTable[]> {
  const named = tables.map((table) => {
    const { namespace, name } = readShape({ table });
    return quoteTable(namespace, name);
  });
  const rows = await sql<{ n: number; kind: string | null }[]>`
    select n::int, c.relkind::text as kind
    from unnest(${named}::text[]) with ordinality as t (name, n)
    left join pg_catalog.pg_class c on c.oid = to_regclass(t.name)
    where c.relkind is null or c.relkind not in ('r', 'p')
    order by n`;
  return rows.map(({ n, kind }) => ({ table: tables[n - 1] ?? "", kind }));
}
