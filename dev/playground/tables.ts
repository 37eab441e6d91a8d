import type { Sql } from "postgres";
import { formatTable } from "../../shared/identifier.ts";
import type { Column, Person, Right, Table } from "./protocol.ts";

/** The tables that are the project's own, with what a form needs to know of their columns. */
export async function readTables(sql: Sql): Promise<Table[]> {
  const found = await sql<{ schema: string; name: string; columns: Column[]; takes: string[] }[]>`
    select n.nspname as schema, c.relname as name,
      (select json_agg(json_build_object(
          'name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod),
          'key', coalesce((select a.attnum = any(i.indkey) from pg_index i
            where i.indrelid = c.oid and i.indisprimary), false),
          'required', a.attnotnull and not a.atthasdef and a.attidentity = '') order by a.attnum)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '')
        as columns,
      (select coalesce(json_agg(distinct k.conrelid::regclass::text), '[]') from pg_constraint k
        where k.confrelid = c.oid and k.contype = 'f' and k.confdeltype = 'c') as takes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
      and n.nspname !~ '^(pg_|information_schema$|auth$|storage$|realtime$|vault$|supabase_|gatekeeper$)'
    order by n.nspname <> 'public', n.nspname, c.relname
    limit 200`;
  return found.map(({ schema, name, columns, takes }) => ({
    schema,
    name,
    table: formatTable(schema, name),
    columns: columns ?? [],
    takes,
  }));
}

const hasColumns = (tables: readonly Table[], table: string, ...columns: string[]) => {
  const found = tables.find((one) => one.table === table);
  return columns.every((name) => found?.columns.some((column) => column.name === name));
};

/** Who may be signed in by name: the users of the example, if these are its tables. */
export async function readPeople(sql: Sql, tables: readonly Table[]): Promise<Person[]> {
  if (!hasColumns(tables, "users", "id", "name", "email")) return [];
  return await sql<Person[]>`
    select id::text, name::text, email::text from users order by name limit 50`;
}

/** Who belongs to what, if these are the example's tables. */
export async function readRights(sql: Sql, tables: readonly Table[]): Promise<Right[]> {
  const isExample = hasColumns(tables, "organisations", "id", "name") &&
    hasColumns(tables, "members", "organisation_id", "user_id");
  if (!isExample) return [];
  return await sql<Right[]>`
    select o.id::text as organisation, o.name::text,
      coalesce((select json_agg(m.user_id::text) from members m
        where m.organisation_id = o.id), '[]') as users
    from organisations o order by o.name limit 50`;
}
