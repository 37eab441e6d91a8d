import type { TransactionSql } from "postgres";
import type { User } from "../../users/authenticate.ts";
import { RlsRefused } from "./refused.ts";

/** A value that Postgres computed for a user. */
export interface Computed {
  /** As text; `null` for NULL. */
  readonly value: string | null;
  /** Its type, as `pg_typeof` writes it. */
  readonly type: string;
}

/**
 * Computes expressions as the user, in the settings that PostgREST makes for a request: the claims of
 * the token in `request.jwt.claims`, and the role. `expressions` are SQL of Postgres's own writing.
 */
export async function compute(
  sql: TransactionSql,
  role: string,
  user: User | null,
  expressions: readonly string[],
): Promise<ReadonlyMap<string, Computed>> {
  if (expressions.length === 0) return new Map();
  await become(sql, role, user);
  const columns = expressions.map((expression, i) =>
    `(${expression})::text as "v${i}", pg_typeof(${expression})::text as "t${i}"`
  );
  const [row] = await sql.unsafe<Record<string, string | null>[]>(`select ${columns.join()}`);
  await sql.unsafe("set local role none");
  return new Map(
    expressions.map((expression, i) => [
      expression,
      { value: row?.[`v${i}`] ?? null, type: row?.[`t${i}`] ?? "unknown" },
    ]),
  );
}

/** The settings of PostgREST's for a request, until the transaction ends; `role` is what SET ROLE sets. */
function become(sql: TransactionSql, role: string, user: User | null) {
  const claims = { ...user?.claims, ...(user !== null && { sub: user.id }), role };
  return sql`select
    set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
    set_config('request.jwt.claim.sub', ${user?.id ?? ""}, true),
    set_config('request.jwt.claim.role', ${role}, true),
    set_config('request.jwt.claim.email', ${user?.email ?? ""}, true),
    set_config('role', ${role}, true)`;
}

/** Throws {@link RlsRefused} when one of these functions, or another of its name, is volatile. */
export async function checkStable(
  sql: TransactionSql,
  calls: readonly (readonly string[])[],
): Promise<void> {
  if (calls.length === 0) return;
  const names = calls.map((path) => path.at(-1) ?? "");
  const schemas = calls.map((path) => path.length > 1 ? path.at(-2) ?? "" : "pg_catalog");
  const [volatile] = await sql<{ name: string }[]>`
    select f.schema || '.' || f.name as name
    from unnest(${schemas}::text[], ${names}::text[]) as f (schema, name)
    where exists (
      select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = f.schema and p.proname = f.name and p.provolatile = 'v')
    limit 1`;
  if (volatile === undefined) return;
  throw new RlsRefused(
    `${volatile.name}() is volatile, so what it gives now says nothing of later: mark it stable, if it is`,
  );
}
