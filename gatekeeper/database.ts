import postgres, { type Sql } from "postgres";
import { Refusal } from "../shared/refusal.ts";

/** Postgres, as the gatekeeper asks it. */
export type Database = Sql;

/** How many connections, and after how many idle seconds one is closed. */
export interface Pool {
  readonly max: number;
  readonly idle_timeout: number;
}

/** Connects lazily, with a small pool; a lost connection is made anew with the next query. */
export function connect(url: string, pool: Pool = { max: 10, idle_timeout: 60 }): Database {
  return postgres(url, {
    ...pool,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: "gatekeeper", statement_timeout: 2000 },
  });
}

/** Throws when Postgres can't be asked; the message is the driver's. */
export async function checkConnection(sql: Database): Promise<void> {
  await sql`select 1`;
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
