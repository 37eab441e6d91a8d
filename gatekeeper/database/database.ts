import postgres, { type Sql, type TransactionSql } from "postgres";
import { Refusal } from "../../shared/refusal.ts";
import { ignoreErrors } from "./uncaught.ts";

/** Milliseconds that a statement may take. */
export const STATEMENT_TIMEOUT = 2000;

/** How many connections, and after how many idle seconds one is closed. */
export interface Pool {
  readonly max: number;
  readonly idle_timeout: number;
}

/** Postgres, as the gatekeeper asks it: a pool, and a fresh one once that has lost a connection. */
export interface Database {
  /** The pool to ask now. */
  readonly sql: Sql;
  /** Puts a fresh pool in the place of one that lost a connection; a second time, it does nothing. */
  replace(lost: Sql): void;
  /** Ends the pool, giving its queries `timeout` seconds. */
  end(options: { readonly timeout: number }): Promise<void>;
}

/**
 * Connects lazily, with a small pool. postgresjs 3.4.9 goes on writing to a connection that Postgres
 * has closed in the middle of a transaction: in a callback of its own, where nobody can catch the
 * error, and the connection never works again. So that error is kept from ending the process, and
 * the pool is replaced.
 */
export function connect(url: string, pool: Pool = { max: 10, idle_timeout: 60 }): Database {
  const open = () =>
    postgres(withoutPoolerFlag(url), {
      ...pool,
      connect_timeout: 5,
      // Seconds until the next try, however many have failed: back within a second after Postgres is.
      backoff: () => 0.2,
      prepare: !isTransactionPooler(url),
      onnotice: () => {},
      connection: { application_name: "gatekeeper" },
    });
  let sql = open();
  const stopIgnoring = ignoreErrors(isLateWrite);
  return {
    get sql() {
      return sql;
    },
    replace(lost) {
      if (lost !== sql) return;
      sql = open();
      lost.end({ timeout: 0 }).catch(() => {});
    },
    async end(options) {
      await sql.end(options);
      stopIgnoring();
    },
  };
}

/** A pool of the library's user, who looks after it. */
export function usersPool(sql: Sql): Database {
  return { sql, replace: () => {}, end: () => Promise.resolve() };
}

function isLateWrite(error: unknown): boolean {
  return error instanceof TypeError &&
    /nextWrite .*postgres.*connection\.js/.test(error.stack ?? "");
}

/**
 * Whether a URL leads to a pooler that gives each transaction another connection, where prepared
 * statements get lost: port 6543 is Supabase's and PgBouncer's, `pgbouncer=true` is Prisma's word.
 */
export function isTransactionPooler(url: string): boolean {
  const { port, searchParams } = new URL(url);
  return port === "6543" || searchParams.get("pgbouncer") === "true";
}

/** The driver would send a flag that it doesn't know to Postgres, which refuses it. */
function withoutPoolerFlag(url: string): string {
  const plain = new URL(url);
  plain.searchParams.delete("pgbouncer");
  return plain.href;
}

/** What a transaction, or a part of it, gave, on its way out. */
class Undone<Result> extends Error {
  readonly result: Result;

  constructor(result: Result) {
    super("undone");
    this.result = result;
  }
}

/**
 * Runs queries in a read-only transaction in which each may take 2 s. The timeout is set inside,
 * since poolers refuse it as an option of the connection. The transaction is rolled back, so that
 * whatever a policy sets (`set role`, `set_config(…, false)`) isn't set for who has the connection next.
 */
export async function readOnly<T>(
  database: Database,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  const { sql } = database;
  try {
    return await sql.begin("read only", async (tx) => {
      const timeout = tx.unsafe(`set local statement_timeout = ${STATEMENT_TIMEOUT}`).execute();
      const [result] = await Promise.all([work(tx), timeout]).catch(neverIfLost);
      throw new Undone(result);
    });
  } catch (error) {
    if (error instanceof Undone) return error.result;
    if (isLost(error)) database.replace(sql);
    throw error;
  }
}

/**
 * Runs queries as a part of a transaction that never was: what it sets (`set local`) isn't set after it,
 * and a query of it that fails doesn't fail the others.
 */
export async function undoing<T>(
  tx: TransactionSql,
  work: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  try {
    return await tx.savepoint(async (sql) => {
      const result = await work(sql).catch(neverIfLost);
      throw new Undone(result);
    });
  } catch (error) {
    if (error instanceof Undone) return error.result;
    throw error;
  }
}

/**
 * The driver fails the transaction by itself when its connection is lost. If we did so too, it would send
 * a rollback down that connection: the late write of {@link connect}.
 */
function neverIfLost(error: unknown): Promise<never> {
  return isLost(error) ? new Promise<never>(() => {}) : Promise.reject(error);
}

/** Throws when Postgres can't be asked; the message is the driver's. */
export async function checkConnection(database: Database): Promise<void> {
  await readOnly(database, (tx) => tx`select 1`);
}

/**
 * Whether an error says that the database is away or overloaded, rather than that a query is wrong:
 * classes 53, 57 and 58 of Postgres's appendix A, besides those of a lost connection.
 */
export function isAway(error: unknown): boolean {
  return isLost(error) || (error instanceof postgres.PostgresError && /^5[378]/.test(error.code));
}

/** Whether an error says that a statement took longer than {@link STATEMENT_TIMEOUT}. */
export function isStatementTimeout(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.code === "57014";
}

/**
 * Whether an error says that a connection can't be made or is gone. Others leave it usable: a
 * statement that takes too long (57014) must not cost everybody else their connections.
 */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  return error instanceof postgres.PostgresError
    ? /^(08|57P)/.test(code)
    : /^(CONNECT|E[A-Z]+$)/.test(code);
}

/**
 * 503 for a failed query, so that no decision is ever made without the database. The cause isn't
 * told: it may name hosts and users.
 */
export function databaseUnavailable(): Refusal {
  return new Refusal(
    503,
    "unavailable",
    "The database that decides is away. Try again in a moment.",
    { "retry-after": "2" },
  );
}
