import { fileURLToPath } from "node:url";
import { createSurroundings, env } from "../edge/runtimes/deno.ts";
import { listen } from "../edge/runtimes/listen.ts";
import { ConfigError } from "../shared/env.ts";
import { logRequestsIfAsked } from "../shared/request_log.ts";
import { type GatekeeperConfig, readGatekeeperConfig } from "./config.ts";
import { checkConnection, connect, type Database } from "./database.ts";
import { createGatekeeper } from "./handler.ts";
import { migrate, MigrationError } from "./migrate.ts";
import { missingTables } from "./missing_tables.ts";
import type { Policies } from "./policy.ts";

const MIGRATIONS = fileURLToPath(new URL("../supabase/migrations", import.meta.url));

const around = createSurroundings("gatekeeper");
const { log } = around;

function fail(line: string): never {
  log(line);
  Deno.exit(1);
}

async function readConfig(): Promise<GatekeeperConfig> {
  try {
    return await readGatekeeperConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

async function prepare(database: Database): Promise<void> {
  try {
    await checkConnection(database);
  } catch (error) {
    const cause = error instanceof Error ? error.message || error.name : "unknown error";
    fail(`can't reach Postgres at DATABASE_URL (${cause}). Is it running, and the URL right?`);
  }
  try {
    const { applied, edited } = await migrate(database.sql, MIGRATIONS);
    for (const file of applied) log(`applied migration ${file}`);
    for (const file of edited) {
      log(
        `migration ${file} was edited after it was applied, and isn't applied again: undo the edit ` +
          "and write a new migration, or on a development database delete .dev and start again",
      );
    }
  } catch (error) {
    if (error instanceof MigrationError) fail(error.message);
    const cause = error instanceof Error ? error.message : error;
    fail(
      `can't apply the migrations of supabase/migrations: ${cause}. Can the files be read, and may ` +
        "DATABASE_URL's user create the schema supabase_migrations?",
    );
  }
}

/**
 * Runs the gatekeeper until SIGTERM or SIGINT, configured by the environment. A missing setting, or a
 * database that isn't there, ends the process with one line that says so.
 */
export async function serve(policies: Policies): Promise<void> {
  const config = await readConfig();
  const database = connect(config.databaseUrl);
  await prepare(database);
  const missing = await missingTables(database.sql, policies);
  if (missing.length > 0) {
    log(
      `policies.ts names what the database doesn't have as a table: ${missing.join(", ")}. ` +
        "Mistyped, not made yet, or a view? Nobody can sync it.",
    );
  }
  if (config.users.length === 0) {
    log("no SUPABASE_URL or USER_JWKS_URL: all users are anonymous");
  }
  const handler = createGatekeeper(config, policies, database, around);
  await listen(logRequestsIfAsked(env, handler, log), { ...around, ...config });
  await database.end({ timeout: 1 });
  Deno.exit(0);
}
