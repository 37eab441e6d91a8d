import postgres, { type TransactionSql } from "postgres";
import type { User } from "../../users/authenticate.ts";
import { RlsRefused } from "./refused.ts";

/** A value that Postgres computed for a user. */
export interface Computed {
  /** As text; `null` for NULL. */
  readonly value: string | null;
  /** Its type, as `pg_typeof` writes it. */
  readonly type: string;
}

/** A part of a policy that is computed. */
export interface Part {
  /** SQL of Postgres's own writing. */
  readonly expression: string;
  /** The functions in it, by their names with their schemas. */
  readonly functions: readonly (readonly string[])[];
  /** The policy that it is of, as messages name it. */
  readonly policy: string;
}

/** What {@link compute} computes, and as whom. */
export interface Computation {
  readonly role: string;
  readonly user: User | null;
  /** The `search_path` that functions find; what Postgres is born with goes before it. */
  readonly path: string;
  readonly parts: readonly Part[];
}

/**
 * Computes expressions as the user, in the settings that PostgREST makes for a request: the claims of
 * the token in `request.jwt.claims`, and the role. Throws {@link RlsRefused} when one of the functions,
 * or another of its name, is volatile, or when Postgres can't compute them.
 */
export async function compute(
  sql: TransactionSql,
  computation: Computation,
): Promise<ReadonlyMap<string, Computed>> {
  const { parts } = computation;
  checkStable(parts, await become(sql, computation));
  const expressions = [...new Set(parts.map(({ expression }) => expression))];
  if (expressions.length === 0) return new Map();
  const row = await evaluate(sql, expressions, parts);
  return new Map(
    expressions.map((expression, i) => [
      expression,
      { value: row?.[`v${i}`] ?? null, type: row?.[`t${i}`] ?? "unknown" },
    ]),
  );
}

function checkStable(parts: readonly Part[], volatile: string | null): void {
  if (volatile === null) return;
  const of = parts.find(({ functions }) =>
    functions.some((names) => volatile.endsWith(names.slice(-2).join(".")))
  );
  throw new RlsRefused(
    `${
      of?.policy ?? "a policy"
    } can't be a shape: ${volatile}() is volatile, so what it gives now says ` +
      "nothing of later: mark it stable, if it is",
  );
}

async function evaluate(
  sql: TransactionSql,
  expressions: readonly string[],
  parts: readonly Part[],
) {
  const columns = expressions.map((expression, i) => `${expression} as "c${i}"`);
  // Once each: `offset 0` keeps Postgres from putting an expression where its value is named.
  const values = expressions.map((_, i) =>
    `"c${i}"::text as "v${i}", pg_typeof("c${i}")::text as "t${i}"`
  );
  try {
    // Both at once, which saves a round trip.
    const [[row]] = await Promise.all([
      sql.unsafe<Record<string, string | null>[]>(
        `select ${values.join()} from (select ${columns.join()} offset 0) computed`,
      ),
      sql.unsafe("set local role none"),
    ]);
    return row;
  } catch (error) {
    // What the database is short of, or an end of the connection, is no fault of the policies.
    if (!(error instanceof postgres.PostgresError) || /^(08|53|57|58|XX)/.test(error.code)) {
      throw error;
    }
    const policies = [...new Set(parts.map(({ policy }) => policy))].join(", or ");
    throw new RlsRefused(
      `${policies} can't be a shape: Postgres can't compute what it says of the user ` +
        `(${error.message}): correct that part, or the token's claims`,
    );
  }
}

/**
 * Makes the settings of PostgREST's for a request, until the transaction ends; `role` is what SET ROLE sets.
 * Without expressions only the path. Gives the name of a volatile function, or `null`: one statement, for it is
 * asked for each token.
 */
async function become(
  sql: TransactionSql,
  { role, user, path: usual, parts }: Computation,
): Promise<string | null> {
  // What Postgres printed without a schema is its own.
  const path = usual === "" ? "pg_catalog" : `pg_catalog, ${usual}`;
  if (parts.length === 0) {
    await sql`select set_config('search_path', ${path}, true)`;
    return null;
  }
  const claims = { ...user?.claims, ...(user !== null && { sub: user.id }), role };
  const called = parts.flatMap(({ functions }) => functions).map((names) => ({
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
