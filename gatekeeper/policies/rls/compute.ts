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

/** What {@link compute} computes, and as whom. */
export interface Computation {
  readonly role: string;
  readonly user: User | null;
  /** The `search_path` to do it with, and to leave behind. */
  readonly path: string;
  /** SQL of Postgres's own writing. */
  readonly expressions: readonly string[];
  /** The functions in them, by their names with their schemas. */
  readonly functions: readonly (readonly string[])[];
}

/**
 * Computes expressions as the user, in the settings that PostgREST makes for a request: the claims of
 * the token in `request.jwt.claims`, and the role. Throws {@link RlsRefused} when one of the functions,
 * or another of its name, is volatile.
 */
export async function compute(
  sql: TransactionSql,
  computation: Computation,
): Promise<ReadonlyMap<string, Computed>> {
  const { expressions } = computation;
  const volatile = await become(sql, computation);
  if (volatile !== null) {
    throw new RlsRefused(
      `${volatile}() is volatile, so what it gives now says nothing of later: mark it stable, if it is`,
    );
  }
  if (expressions.length === 0) return new Map();
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

/**
 * Makes the settings of PostgREST's for a request, until the transaction ends; `role` is what SET ROLE sets.
 * Without expressions only the path. Gives the name of a volatile function, or `null`: one statement, for it is
 * asked for each token.
 */
async function become(
  sql: TransactionSql,
  { role, user, path, expressions, functions }: Computation,
): Promise<string | null> {
  if (expressions.length === 0) {
    await sql`select set_config('search_path', ${path}, true)`;
    return null;
  }
  const claims = { ...user?.claims, ...(user !== null && { sub: user.id }), role };
  const called = functions.map((names) => ({
    schema: names.at(-2) ?? "pg_catalog",
    name: names.at(-1) ?? "",
  }));
  const [row] = await sql<{ volatile: string | null }[]>`select
    set_config('search_path', ${path}, true),
    set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
    set_config('request.jwt.claim.sub', ${user?.id ?? ""}, true),
    set_config('request.jwt.claim.role', ${role}, true),
    set_config('request.jwt.claim.email', ${user?.email ?? ""}, true),
    set_config('role', ${role}, true),
    (select min(n.nspname || '.' || p.proname)
      from json_to_recordset(${
    JSON.stringify(called)
  }::text::json) as called (schema text, name text)
      join pg_catalog.pg_namespace n on n.nspname = called.schema
      join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = called.name
      where p.provolatile = 'v') as volatile`;
  return row?.volatile ?? null;
}
