import type { Sql } from "postgres";

/**
 * Gives the statements that let the gatekeeper's database user read what is revoked, where the table is
 * there and it may not: whoever applied the migration is its owner, and nobody else may read it.
 */
export async function missingGrants(sql: Sql): Promise<string[]> {
  const [found] = await sql<{ who: string; usage: boolean; read: boolean; date: boolean }[]>`
    select quote_ident(current_user) as who,
      has_schema_privilege(n.oid, 'usage') as usage,
      has_table_privilege(c.oid, 'select') as read,
      has_function_privilege(p.oid, 'execute') as date
    from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_proc p on p.pronamespace = n.oid
    where n.nspname = 'gatekeeper' and c.relname = 'revocations' and p.proname = 'date_revocations'`;
  if (found === undefined) return [];
  const { who, usage, read, date } = found;
  return [
    ...(usage ? [] : [`grant usage on schema gatekeeper to ${who};`]),
    ...(read ? [] : [`grant select on gatekeeper.revocations to ${who};`]),
    ...(date ? [] : [`grant execute on function gatekeeper.date_revocations to ${who};`]),
  ];
}
