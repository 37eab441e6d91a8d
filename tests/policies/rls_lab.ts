import postgres, { type Sql } from "postgres";
import { makeSupabaseSchema } from "../../dev/supabase_schema.ts";
import { definePolicies, rls } from "../../gatekeeper/index.ts";
import { testPolicies } from "../../gatekeeper/testing.ts";
import { testPostgres } from "../support/postgres.ts";

const policies = definePolicies({}, { otherwise: rls });

export const ALICE = "00000000-0000-4000-8000-000000000001";

/** Tables, with a policy on `docs`, and the claims of who asks. */
export interface Experiment {
  readonly setup: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** What the policy `rls` and Postgres make of one. */
export interface Outcome {
  /** The clause that was signed; `null` where nothing was. */
  readonly where: string | null;
  readonly params: readonly string[];
  readonly columns: readonly string[] | null;
  /** Why it was refused or denied; empty where it wasn't. */
  readonly refused: string;
  /** The rows of the signed shape. */
  readonly signed: readonly string[];
  /** Those that Postgres gives the role, or its error's message. */
  readonly expected: readonly string[] | string;
}

/** A database to try row-level security in, as it is with PostgREST. */
export async function openLab() {
  const database = await testPostgres();
  await makeSupabaseSchema(database.url);
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(
    "alter default privileges in schema public revoke all on tables from anon, authenticated",
  );
  return {
    sql,
    /** Makes the tables anew, and asks as Alice. */
    async try({ setup, claims = {} }: Experiment): Promise<Outcome> {
      await sql.unsafe(
        "drop schema public cascade; create schema public; grant usage on schema public to public; " +
          "alter default privileges in schema public revoke all on tables from anon, authenticated",
      );
      await sql.unsafe(setup);
      return await compare(sql, claims);
    },
    async [Symbol.asyncDispose]() {
      await sql.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function compare(sql: Sql, claims: Readonly<Record<string, unknown>>): Promise<Outcome> {
  const as = { id: ALICE, claims: { ...claims } };
  const result = await testPolicies(policies, { as, on: "docs", database: sql })
    .catch((error: Error) => error);
  const shape = result instanceof Error ? null : result.shape;
  const names = shape?.columns?.map((name) => `"${name}"`).join() ?? "*";
  const expected = await rowsFor(sql, { ...claims, sub: ALICE, role: "authenticated" }, names);
  const rows = shape === null || shape.where === null
    ? []
    : await sql.unsafe(`select ${names} from docs where ${shape.where}`, [...shape.params]);
  return {
    where: shape?.where ?? null,
    params: shape?.params ?? [],
    columns: shape?.columns ?? null,
    refused: result instanceof Error ? result.message : result.reason ?? "",
    signed: rows.map((row) => JSON.stringify(row)).sort(),
    expected,
  };
}

async function rowsFor(sql: Sql, claims: object, names: string): Promise<string[] | string> {
  try {
    return await sql.begin(async (tx) => {
      await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
      await tx.unsafe("set local role authenticated");
      const rows = await tx.unsafe(`select ${names} from docs`);
      return rows.map((row) => JSON.stringify(row)).sort();
    });
  } catch (error) {
    return error instanceof Error ? error.message : `${error}`;
  }
}
