import { fileURLToPath } from "node:url";
import { ConfigError, optional } from "../shared/config.ts";
import { fetchByHttp1 as fetch } from "../shared/proxy.ts";
import { logRequests } from "../shared/request_log.ts";
import { type GatekeeperConfig, readGatekeeperConfig } from "./config.ts";
import { checkConnection, connect, type Database } from "./database.ts";
import { createGatekeeper } from "./handler.ts";
import { migrate } from "./migrate.ts";
import type { Policies } from "./policy.ts";

/** How long held requests may go on after SIGTERM, in milliseconds. */
const GRACE = 2000;
const MIGRATIONS = fileURLToPath(new URL("../supabase/migrations", import.meta.url));

const log = (line: string) => console.error(`gatekeeper: ${line}`);

function fail(line: string): never {
  log(line);
  Deno.exit(1);
}

async function readConfig(): Promise<GatekeeperConfig> {
  try {
    return await readGatekeeperConfig((name) => Deno.env.get(name));
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
    for (const name of await migrate(database.sql, MIGRATIONS)) log(`applied migration ${name}`);
  } catch (error) {
    fail(`a migration failed: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Runs the gatekeeper until SIGTERM, configured by the environment. A missing setting, or a
 * database that isn't there, ends the process with one line that says so.
 */
export async function serve(policies: Policies): Promise<void> {
  const config = await readConfig();
  const database = connect(config.databaseUrl);
  await prepare(database);
  if (config.users.length === 0) {
    log("no SUPABASE_URL or USER_JWKS_URL: all users are anonymous");
  }
  const surroundings = { fetch, runtime: Deno.version.deno, log };
  const handler = createGatekeeper(config, policies, database, surroundings);
  const logsAll = optional((name) => Deno.env.get(name), "LOG_REQUESTS") === "1";
  const server = Deno.serve({
    hostname: optional((name) => Deno.env.get(name), "HOST") ?? "0.0.0.0",
    port: config.port,
    onListen: ({ port }) => log(`listening on http://localhost:${port}`),
  }, logsAll ? logRequests(handler, log) : handler);

  async function stop(): Promise<void> {
    const grace = setTimeout(() => Deno.exit(0), GRACE);
    await server.shutdown();
    await database.end({ timeout: 1 });
    clearTimeout(grace);
    Deno.exit(0);
  }
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);
}
