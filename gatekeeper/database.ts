import postgres, { type Sql } from "postgres";
import { Refusal } from "../shared/refusal.ts";

/** Postgres, as the gatekeeper asks it. */
export type Database = Sql;

/** Connects lazily, with a small pool; a lost connection is made anew with the next query. */
export function connect(url: string): Database {
  return postgres(url, {
    max: 10,
    connect_timeout: 5,
    idle_timeout: 60,
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
