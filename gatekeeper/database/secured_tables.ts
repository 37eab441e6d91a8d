import type { Sql } from "postgres";
import { quoteTable } from "../../shared/identifier.ts";
import { readShape } from "../../shared/shape.ts";
import type { Policies } from "../policies/policy.ts";
import { rls } from "../policies/rls/rls.ts";

/**
 * Gives the tables of `public` with row-level security that `policies` doesn't name and opens by `rls`, as it
 * would name them.
 */
export async function securedTables(sql: Sql, policies: Policies): Promise<string[]> {
  const rows = await sql<{ schema: string; name: string }[]>`
    select n.nspname as schema, c.relname as name
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relrowsecurity and not c.relispartition
    order by c.relname`;
  return rows.map(({ schema, name }) => readShape({ table: quoteTable(schema, name) }).table)
    .filter((table) => !policies.tables.includes(table) && policies(table) === rls);
}
