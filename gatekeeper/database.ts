import postgres, { type Sql, type TransactionSql } from "postgres";
import { Refusal } from "../shared/refusal.ts";

/** How many connections, and after how many idle seconds one is closed. */
export interface Pool {
  readonly max: number;
  readonly idle_timeout: number;
}

/** Milliseconds that a statement of a decision may take. */
const STATEMENT_TIMEOUT = 2000;

/** Postgres, as the gatekeeper asks it: a small pool that connects lazily and recovers by itself. */
export class Database {
  readonly #open: () => Sql;
  #sql: Sql;

  constructor(url: string, pool: Pool = { max: 10, idle_timeout: 60 }) {
    this.#open = () =>
      postgres(withoutPoolerFlag(url), {
        ...pool,
        connect_timeout: 5,
        prepare: !isTransactionPooler(url),
        onnotice: () => {},
        connection: { application_name: "gatekeeper" },
      });
    this.#sql = this.#open();
  }

  /** The pool of now, for a statement or two; don't keep it. */
  get sql(): Sql {
    return this.#sql;
  }

  /**
   * Runs queries in a read-only transaction in which each may take 2 s. The timeout is set inside,
   * since poolers refuse it as an option of the connection.
   */
  async readOnly<T>(work: (tx: TransactionSql) => Promise<T>): Promise<T> {
    const sql = this.#sql;
    try {
      const { result } = await sql.begin("read only", async (tx) => {
        try {
          const timeout = tx.unsafe(`set local statement_timeout = ${STATEMENT_TIMEOUT}`).execute();
          const [result] = await Promise.all([work(tx), timeout]);
          return { result };
        } catch (error) {
          // The driver rejects the transaction by itself when its connection is lost. If this did too,
          // it would send a rollback down that connection, which ends the process
          // (porsager/postgres#1208).
          if (isLost(error)) return await new Promise<never>(() => {});
          throw error;
        }
      });
      return result;
    } catch (error) {
      if (isLost(error)) this.#renew(sql);
      throw error;
    }
  }

  /** Throws when Postgres can't be asked; the message is the driver's. */
  async check(): Promise<void> {
    await this.readOnly(async (tx) => await tx`select 1`);
  }

  /** Closes all connections; what still runs has a second. */
  end(): Promise<void> {
    return this.#sql.end({ timeout: 1 });
  }

  /** Begins with new connections: after a loss the driver may never write to an old one again. */
  #renew(lost: Sql): void {
    if (this.#sql !== lost) return;
    this.#sql = this.#open();
    lost.end({ timeout: 0 }).catch(() => {});
  }
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

/** Whether an error says that a connection can't be made or is gone: the driver's and the system's codes, and Postgres's. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  return error instanceof postgres.PostgresError
    ? /^(08|57P)/.test(code)
    : /^(CONNECT|E[A-Z]+$)/.test(code);
}

/**
 * Whether an error says that the database is away or overloaded, rather than that a query is wrong;
 * classes 53, 57 and 58 are those of Postgres's appendix A.
 */
export function isAway(error: unknown): boolean {
  return isLost(error) || error instanceof postgres.PostgresError && /^5[378]/.test(error.code);
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
