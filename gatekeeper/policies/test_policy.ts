import type { Sql } from "postgres";
import { type Env, optional } from "../../edge/env.ts";
import { detectRuntime } from "../../edge/runtimes/detect.ts";
import { Refusal } from "../../shared/refusal.ts";
import { readShape, type Shape } from "../../shared/shape.ts";
import { openDatabase } from "../database/choose.ts";
import type { User } from "../users/authenticate.ts";
import { tableDecision } from "./decide.ts";
import { decideOne, type Decision } from "./decision.ts";
import type { Policies } from "./policy.ts";
import { PolicyTestError } from "./policy_test_error.ts";

/** Who asks in a test: an id will do. */
export type TestUser = Pick<User, "id"> & Partial<User>;

/** What {@link testPolicies} asks. */
export interface TestQuestion {
  /** Who asks; `null` is nobody in particular. */
  readonly as: TestUser | null;
  /** The table, as a client names it. */
  readonly on: string;
  /** Postgres with your tables: its URL, or a postgresjs pool of yours; by default, `DATABASE_URL`. */
  readonly database?: string | Sql;
  /** The rest of the shape, as a client may ask for it. */
  readonly where?: string;
  readonly params?: readonly unknown[] | Readonly<Record<string, unknown>>;
  readonly columns?: readonly string[] | string;
}

/** What a client would get. */
export interface TestResult {
  readonly allowed: boolean;
  /**
   * Why not, in a stable word: `denied` by the policy, `no_policy` or `no_such_table`, `forbidden` for
   * columns that the policy keeps back, `invalid_request` for a shape that can't be; else `null`.
   */
  readonly reason: string | null;
  /** What the client is told, when it is refused. */
  readonly message: string | null;
  /** The shape that would be signed into the token. */
  readonly shape: Pick<Shape, "table" | "where" | "params" | "columns"> | null;
}

/**
 * Asks your policies what the gatekeeper would ask them, on a real database, and gives what the client
 * would get. The database is only read. Throws a {@link PolicyTestError} where there is no outcome, so
 * that a broken policy or a database that is away never passes for a refusal.
 *
 * ```ts ignore
 * import assert from "node:assert/strict";
 * import { testPolicies } from "electric-gatekeeper/testing";
 * import { policies } from "./policies.ts";
 *
 * const alice = { id: "00000000-0000-4000-8000-00000000a11c" };
 *
 * Deno.test("people sync their own todos", async () => {
 *   const { allowed, shape } = await testPolicies(policies, { as: alice, on: "todos" });
 *   assert.ok(allowed);
 *   assert.equal(shape?.where, "owner_id = $1");
 *   assert.deepEqual(shape?.params, [alice.id]);
 * });
 *
 * Deno.test("nobody in particular syncs none", async () => {
 *   const { allowed, reason } = await testPolicies(policies, { as: null, on: "todos" });
 *   assert.equal(allowed, false);
 *   assert.equal(reason, "denied");
 * });
 * ```
 */
export function testPolicies(
  policies: Policies,
  { as, on, database, where, params, columns }: TestQuestion,
): Promise<TestResult> {
  const decision = () =>
    tableDecision(policies, readShape({ table: on, where, params, columns }), true);
  return testDecision(decision, { as, database, what: `The policy of ${on}` });
}

/** Who asks in a test, on which database, and what is tested. */
interface Tested {
  readonly as: TestUser | null;
  readonly database: string | Sql | undefined;
  /** As a mistake is told. */
  readonly what: string;
}

/** Decides as the gatekeeper would; see {@link testPolicies}. */
export async function testDecision(
  decision: () => Decision,
  { as, database: given, what }: Tested,
): Promise<TestResult> {
  const database = openDatabase(databaseEnv(given), given, () => {});
  const explained: string[] = [];
  try {
    const explain = (line: string) => void explained.push(line);
    const shape = await decideOne(decision(), toUser(as), database, explain);
    const { table, where: clause, params: values, columns: names } = shape;
    const signed = { table, where: clause, params: values, columns: names };
    return { allowed: true, reason: null, message: null, shape: signed };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Row-level security that can't be a shape is a mistake of ours, however a client is told.
    const isMistake = error.status >= 500 || error.reason === "rls_refused";
    if (isMistake) throw noOutcome(what, error, explained);
    return { allowed: false, reason: error.reason, message: error.message, shape: null };
  } finally {
    await database.end({ timeout: 1 });
  }
}

/** The environment, where it says which database; a test that names none must not go on. */
function databaseEnv(given: string | Sql | undefined): Env {
  if (given !== undefined) return () => undefined;
  const { env } = detectRuntime();
  if (optional(env, "DATABASE_URL") !== undefined) return env;
  throw new PolicyTestError(
    "no_database",
    "Policies are tested on a database: give `database`, or set DATABASE_URL.",
  );
}

/** A user with what every access token says. */
export function toUser(user: TestUser | null): User | null {
  if (user === null) return null;
  const { id, role = "authenticated" } = user;
  return { role, claims: { sub: id, role }, ...user };
}

function noOutcome(what: string, refusal: Refusal, explained: readonly string[]): PolicyTestError {
  const code = refusal.status === 503 ? "unavailable" : "policy_failed";
  const why = explained.join("; ") || refusal.message;
  return new PolicyTestError(code, `${what} reached no verdict. ${why}`);
}
