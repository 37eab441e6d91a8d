import type { TransactionSql } from "postgres";
import { RlsRefused } from "./refused.ts";

/** A row-level security policy for reading that counts for a role. */
export interface RlsPolicy {
  readonly name: string;
  readonly permissive: boolean;
  /** Its USING expression, every name in it with its schema. */
  readonly using: string;
}

/** What a role may read of a table. */
export interface TableRights {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Whether row-level security holds for the role here. */
  readonly secured: boolean;
  readonly policies: readonly RlsPolicy[];
  /** All columns, and whether the role may select each. */
  readonly columns: readonly {
    readonly name: string;
    readonly granted: boolean;
    /** Whether it is of the primary key. */
    readonly key: boolean;
  }[];
}

interface Found {
  readonly oid: number;
  readonly kind: string;
  readonly enabled: boolean;
  readonly owns: boolean;
  readonly mayUse: boolean;
  readonly columns: TableRights["columns"];
  readonly policies: readonly { name: string; permissive: boolean; using: string | null }[] | null;
}

/**
 * Reads what `role` may read of a table, `null` when there is no such table. As Postgres does
 * (`CREATE POLICY` in its manual): policies for SELECT and ALL, for roles whose rights this one has.
 * Throws {@link RlsRefused} for a table that this role owns, or may not use.
 */
export async function readRights(
  sql: TransactionSql,
  role: string,
  schema: string,
  name: string,
): Promise<TableRights | null> {
  const [found] = await sql<Found[]>`
    select c.oid::int as oid, c.relkind::text as kind, c.relrowsecurity as enabled,
      pg_has_role(${role}, c.relowner, 'usage') as owns,
      has_schema_privilege(${role}, n.oid, 'usage') as "mayUse",
      (select json_agg(json_build_object(
          'name', a.attname,
          'key', coalesce((select a.attnum = any(i.indkey) from pg_index i
            where i.indrelid = c.oid and i.indisprimary), false),
          'granted', has_column_privilege(${role}, c.oid, a.attnum, 'select')) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
        as columns,
      (select json_agg(json_build_object(
          'name', p.polname, 'permissive', p.polpermissive,
          'using', pg_get_expr(p.polqual, p.polrelid)) order by p.polname)
        from pg_policy p where p.polrelid = c.oid and p.polcmd in ('r', '*')
          and exists (select from unnest(p.polroles) r
            where r = 0 or pg_has_role(${role}, r, 'usage')))
        as policies
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = ${name} and c.relkind in ('r', 'p', 'v', 'm', 'f')`;
  if (found === undefined) return null;
  const table = `${schema}.${name}`;
  if (found.kind !== "r" && found.kind !== "p") {
    throw new RlsRefused(`${table} is no table: Electric follows tables alone`);
  }
  if (found.owns) {
    throw new RlsRefused(`role ${role} has the rights of the owner of ${table}, past its policies`);
  }
  if (!found.mayUse) {
    throw new RlsRefused(`role ${role} may not use schema ${schema}: grant usage on it`);
  }
  return {
    oid: found.oid,
    schema,
    name,
    secured: found.enabled,
    columns: found.columns,
    // A policy without USING lets nobody read.
    policies: (found.policies ?? []).flatMap(({ using, ...policy }) =>
      using === null ? [] : [{ ...policy, using }]
    ),
  };
}

/**
 * Throws {@link RlsRefused} unless a role is one that comes in through an API: no superuser, none that
 * passes row-level security by, and, where there is PostgREST's `authenticator`, one that it may become.
 */
export async function checkRole(sql: TransactionSql, role: string): Promise<void> {
  const [found] = await sql<{ passes: boolean; reachable: boolean; ours: boolean }[]>`
    select r.rolsuper or r.rolbypassrls as passes,
      coalesce((select pg_has_role(a.oid, r.oid, 'member') from pg_roles a
        where a.rolname = 'authenticator'), true) as reachable,
      pg_has_role(current_user, r.oid, 'member') as ours
    from pg_roles r where r.rolname = ${role}`;
  if (found === undefined) throw new RlsRefused(`there is no role ${JSON.stringify(role)}`);
  if (found.passes) throw new RlsRefused(`role ${role} passes row-level security by`);
  if (!found.reachable) throw new RlsRefused(`role ${role} may not log in through the API`);
  if (!found.ours) {
    throw new RlsRefused(`DATABASE_URL's user can't act as ${role}: grant ${role} to it`);
  }
}
