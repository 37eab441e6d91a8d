import postgres, { type Sql, type TransactionSql } from "postgres";
import { Refusal } from "../shared/refusal.ts";

/** Postgres, as the gatekeeper asks it. */
export type Database = Sql;

/** Milliseconds that a statement may take. */
const STATEMENT_TIMEOUT = 2000;

/** How many connections, and after how many idle seconds one is closed. */
export interface Pool {
  readonly max: number;
  readonly idle_timeout: number;
}

/** Connects lazily, with a small pool; a lost connection is made anew with the next query. */
export function connect(url: string, pool: Pool = { max: 10, idle_timeout: 60 }): Database {
  return postgres(withoutPoolerFlag(url), {
    ...pool,
    connect_timeout: 5,
    // Seconds until the next try, however many have failed: back within a second after Postgres is.
    backoff: () => 0.2,
    prepare: !isTransactionPooler(url),
    onnotice: () => {},
    connection: { application_name: "gatekeeper" },
  });
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

/**
 * Runs queries in a read-only transaction in which each may take 2 s. The timeout is set inside,
 * since poolers refuse it as an option of the connection.
 */
export async function readOnly<T>(
  sql: Database,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  const { result } = await sql.begin("read only", async (tx) => {
    const timeout = tx.unsafe(`set local statement_timeout = ${STATEMENT_TIMEOUT}`).execute();
    const [result] = await Promise.all([work(tx), timeout]);
    return { result };
  });
  return result;
}

/** Throws when Postgres can't be asked; the message is the driver's. */
export async function checkConnection(sql: Database): Promise<void> {
  await sql`select 1`;
}

/**
 * Whether an error says that the database is away or overloaded, rather than that a query is wrong:
 * classes 08, 53, 57 and 58 of Postgres's appendix A, and the driver's and the system's own codes.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  if (error instanceof postgres.PostgresError) return /^(08|53|57|58)/.test(code);
  return /^(CONNECT|E[A-Z]+$)/.test(code);
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
