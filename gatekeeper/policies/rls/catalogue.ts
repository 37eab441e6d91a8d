import type { TransactionSql } from "postgres";
import { RlsRefused } from "./refused.ts";
import { shortOf } from "./types.ts";

/** A row-level security policy for reading that counts for a role. */
export interface RlsPolicy {
  readonly name: string;
  readonly permissive: boolean;
  /** Its USING expression, every name in it with its schema; `null` lets nobody read. */
  readonly using: string | null;
}

/** A table, by its names in `pg_namespace` and `pg_class`. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** What a role may read of a relation. */
export interface Rights extends TableName {
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** Whether row-level security is on. */
  readonly secured: boolean;
  /** Whether the role has the rights of the owner, who passes row-level security by. */
  readonly owns: boolean;
  /** Whether other tables inherit from it, whose rows are then its rows, too. */
  readonly hasHeirs: boolean;
  /** Whether the role may select the table as a whole, with columns that come later. */
  readonly whole: boolean;
  /** Whether the role may use the schema. */
  readonly mayUse: boolean;
  readonly policies: readonly RlsPolicy[];
  /** All columns, and whether the role may select each. */
  readonly columns: readonly Column[];
}

/** A column, as a role has it. */
export interface Column {
  readonly name: string;
  readonly granted: boolean;
  /** Whether it is of the primary key. */
  readonly key: boolean;
  /** Whether it may be NULL. */
  readonly nullable: boolean;
  /** The short name of a type of Postgres's own, `enum` for one, or another's name with its schema. */
  readonly type: string;
  /** Whether texts are equal only when their bytes are. */
  readonly exact: boolean;
  /** Whether texts are in the order of their bytes. */
  readonly bytewise: boolean;
  /** How many digits a `numeric` may have, where it says so. */
  readonly digits: number | null;
}

/** What the catalogue says now. */
export interface Catalogue {
  /** The transaction's `search_path` before; now it is empty, so that every name is printed with its schema. */
  readonly path: string;
  /** Of those asked for, the ones that are there. */
  readonly found: readonly Rights[];
}

interface Row extends Omit<Rights, "kind"> {
  readonly path: string;
  readonly passes: boolean;
  readonly reachable: boolean;
  readonly ours: boolean;
  readonly kind: string | null;
}

/**
 * Reads what `role` may read of some tables, as Postgres does (`CREATE POLICY` in its manual): policies
 * for SELECT and ALL, for roles whose rights this one has. One statement, for it is asked for each
 * token; it leaves `search_path` empty, and has values written in the styles that Electric reads. Throws {@link RlsRefused} unless the role is one that comes in
 * through an API: no superuser, none that passes row-level security by, and, where there is PostgREST's
 * `authenticator`, one that it may become.
 */
export async function readCatalogue(
  sql: TransactionSql,
  role: string,
  tables: readonly TableName[],
): Promise<Catalogue> {
  const names = JSON.stringify(tables.map(({ schema, name }) => ({ schema, name })));
  // `pg_get_expr` is in a subquery of what is selected, so the path is empty by then. A list as JSON, for
  // Postgres would plan anew for each array: that takes longer than the query. From 16384 on, types are users';
  // 100 is the database's collation. To look those up in a join takes half of the query's time.
  const rows = await sql<Row[]>`
    with setting as materialized (
      select current_setting('search_path') as path, set_config('search_path', '', true) as emptied,
        set_config('DateStyle', 'ISO', true) as dates,
        set_config('IntervalStyle', 'postgres', true) as intervals,
        set_config('bytea_output', 'hex', true) as bytes,
        set_config('extra_float_digits', '1', true) as digits,
        (select case to_jsonb(d) ->> 'datlocprovider' when 'b' then true when 'i' then false
            else d.datcollate in ('C', 'POSIX') end
          from pg_catalog.pg_database d where d.datname = current_database()) as bytewise)
    select setting.*,
      r.rolsuper or r.rolbypassrls as passes,
      coalesce((select pg_has_role(a.oid, r.oid, 'member') from pg_catalog.pg_roles a
        where a.rolname = 'authenticator'), true) as reachable,
      pg_has_role(current_user, r.oid, 'member') as ours,
      asked.schema, asked.name, c.relkind::text as kind, c.relrowsecurity as secured,
      pg_has_role(r.oid, c.relowner, 'usage') as owns,
      c.relkind = 'r' and exists (select from pg_catalog.pg_inherits where inhparent = c.oid)
        as "hasHeirs",
      has_table_privilege(r.oid, c.oid, 'select') as whole,
      has_schema_privilege(r.oid, n.oid, 'usage') as "mayUse",
      (select coalesce(json_agg(json_build_object(
          'name', a.attname, 'nullable', not a.attnotnull,
          'type', case when a.atttypid < 16384 then format_type(a.atttypid, null)
            else (select case t.typtype when 'e' then 'enum' else t.typnamespace::regnamespace || '.' || t.typname end
              from pg_catalog.pg_type t where t.oid = a.atttypid) end,
          'exact', a.attcollation in (0, 100) or (select l.collisdeterministic
            from pg_catalog.pg_collation l where l.oid = a.attcollation),
          'bytewise', case a.attcollation when 0 then false when 100 then setting.bytewise
            else (select l.collprovider = 'b' or l.collprovider = 'c' and l.collcollate in ('C', 'POSIX')
              from pg_catalog.pg_collation l where l.oid = a.attcollation) end,
          'digits', case when a.atttypid = 'pg_catalog.numeric'::regtype and a.atttypmod > 0
            then (a.atttypmod - 4) >> 16 & 65535 end,
          'key', coalesce(a.attnum = any(i.indkey), false),
          'granted', has_column_privilege(r.oid, c.oid, a.attnum, 'select')) order by a.attnum), '[]')
        from pg_catalog.pg_attribute a
        left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      (select coalesce(json_agg(json_build_object(
          'name', p.polname, 'permissive', p.polpermissive,
          'using', pg_get_expr(p.polqual, p.polrelid)) order by p.polname), '[]')
        from pg_catalog.pg_policy p where p.polrelid = c.oid and p.polcmd in ('r', '*')
          and exists (select from unnest(p.polroles) granted
            where granted = 0 or pg_has_role(r.oid, granted, 'usage'))) as policies
    from setting
    cross join pg_catalog.pg_roles r
    cross join json_to_recordset(${names}::text::json) as asked (schema text, name text)
    left join (pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace)
      on n.nspname = asked.schema and c.relname = asked.name
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
    where r.rolname = ${role}`;
  const [first] = rows;
  if (first === undefined) throw new RlsRefused(`there is no role ${JSON.stringify(role)}`);
  if (first.passes) throw new RlsRefused(`role ${role} passes row-level security by`);
  if (!first.reachable) throw new RlsRefused(`role ${role} may not log in through the API`);
  if (!first.ours) {
    throw new RlsRefused(`DATABASE_URL's user can't act as ${role}: grant ${role} to it`);
  }
  const found = rows.flatMap(({ kind, columns, ...rights }) =>
    kind === null ? [] : [{ ...rights, kind, columns: columns.map(withShortType) }]
  );
  return { path: first.path, found };
}

const withShortType = (column: Column): Column => ({ ...column, type: shortOf(column.type) });

/** Throws {@link RlsRefused} for what Electric can't follow, or whose row-level security isn't the role's. */
export function checkRights(rights: Rights, role: string): void {
  const { schema, name, kind, owns, mayUse, hasHeirs } = rights;
  const table = `${schema}.${name}`;
  if (kind !== "r" && kind !== "p") {
    throw new RlsRefused(`${table} is no table: Electric follows tables alone`);
  }
  if (hasHeirs) {
    throw new RlsRefused(
      `tables inherit from ${table}, whose rows Electric doesn't follow as its own: use partitions`,
    );
  }
  if (owns) {
    throw new RlsRefused(`role ${role} has the rights of the owner of ${table}, past its policies`);
  }
  if (!mayUse) {
    throw new RlsRefused(`role ${role} may not use schema ${schema}: grant usage on it`);
  }
}
