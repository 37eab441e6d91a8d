import type { Sql } from "postgres";
import { type Env, optional, required } from "../../edge/env.ts";
import { ConfigError } from "../../shared/config_error.ts";
import { isSupabaseFunction } from "../supabase.ts";
import { connect, type Database, type Pool, usersPool } from "./database.ts";
import { isPostgresUrl } from "./url.ts";

/** Of a server that is alone, or one of a few. */
const POOL: Pool = { max: 10, idle_timeout: 60 };

/** Supabase may run many workers on one database, so each takes little and gives it back soon. */
const WORKERS_POOL: Pool = { max: 2, idle_timeout: 3 };

/**
 * Opens the database that decisions are made with: the one that was given, else `DATABASE_URL`'s, else
 * a Supabase function's own. Throws {@link ConfigError}.
 */
export function openDatabase(
  env: Env,
  given: string | Sql | undefined,
  log: (line: string) => void,
): Database {
  if (given === undefined) return connect(readDatabaseUrl(env), poolFor(env));
  if (optional(env, "DATABASE_URL") !== undefined) {
    log("DATABASE_URL isn't used, since a database was given to createGatekeeper");
  }
  if (typeof given !== "string") return usersPool(given);
  return connect(checkUrl("database", given), poolFor(env));
}

/**
 * Opens a connection to the same for the list of what is revoked alone, which must not wait for slow
 * decisions. A pool that was given is used for it, too. Throws {@link ConfigError}.
 */
export function openForRevocations(env: Env, given: string | Sql | undefined): Database {
  if (given !== undefined && typeof given !== "string") return usersPool(given);
  return connect(given ?? readDatabaseUrl(env), { ...poolFor(env), max: 1 });
}

const poolFor = (env: Env) => isSupabaseFunction(env) ? WORKERS_POOL : POOL;

function readDatabaseUrl(env: Env): string {
  const name = optional(env, "DATABASE_URL") ? "DATABASE_URL" : "SUPABASE_DB_URL";
  const hint = "Postgres: postgresql://user:password@host:5432/name";
  return checkUrl(name, optional(env, name) ?? required(env, "DATABASE_URL", hint));
}

function checkUrl(name: string, url: string): string {
  if (isPostgresUrl(url)) return url;
  throw new ConfigError(`${name} must begin with postgresql:// and be a valid URL.`);
}
