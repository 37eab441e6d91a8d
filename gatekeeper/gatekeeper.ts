import type { Sql } from "postgres";
import {
  type Context,
  type Server,
  type ServerOptions,
  type Started,
  startServer,
} from "../edge/server.ts";
import { logRequestsIfAsked } from "../edge/request_log.ts";
import { readRevocationsConfig } from "../edge/config.ts";
import { ConfigError } from "../shared/config_error.ts";
import { readGatekeeperConfig } from "./config.ts";
import { openDatabase, openForRevocations } from "./database/choose.ts";
import { checkConnection, type Database } from "./database/database.ts";
import { missingGrants } from "./database/missing_grants.ts";
import { missingTables } from "./database/missing_tables.ts";
import { createGatekeeperHandler } from "./http/handler.ts";
import type { Policies } from "./policies/policy.ts";
import { followDatabase } from "./revocations/own.ts";
import type { Shapes } from "./shapes/shape.ts";
import { withSupabaseNames } from "./supabase.ts";
import { createAuthenticate } from "./users/authenticate.ts";
import { joinAuthenticate, type OwnAuthenticate } from "./users/own.ts";

/** What {@link createGatekeeper} takes. */
export interface GatekeeperOptions extends ServerOptions {
  /** Who may sync what. */
  readonly policies: Policies;
  /** Shapes that clients ask for by name, put together by `defineShapes`. */
  readonly shapes?: Shapes;
  /** Postgres: its URL, or a postgresjs pool of yours; by default `DATABASE_URL` says where it is. */
  readonly database?: string | Sql;
  /** Says who asks, in place of our own look at the access token or together with it. */
  readonly authenticate?: OwnAuthenticate;
}

/**
 * The gatekeeper: decides by your policies who may sync what, signs it into tokens, and is a proxy of
 * its own.
 *
 * Its settings are the environment's, or `options.env`'s: `AUTH_SECRET` (or `AUTH_PRIVATE_JWK`),
 * `DATABASE_URL`, `ELECTRIC_URL`, and what `docs/configuration.md` lists for the gatekeeper.
 *
 * ```ts ignore
 * export default createGatekeeper({ policies });
 * ```
 */
export function createGatekeeper(options: GatekeeperOptions): Server {
  return startServer("gatekeeper", options, (context) => start(options, context));
}

async function start(options: GatekeeperOptions, context: Context): Promise<Started> {
  const { policies } = options;
  const env = withSupabaseNames(context.env);
  const { runtime, log, stopping, basePath } = context;
  const config = await readGatekeeperConfig(env, { basePath, fetch: runtime.fetch });
  const database = openDatabase(env, options.database, log);
  const forRevocations = openForRevocations(env, options.database);
  const revocations = followDatabase(forRevocations, readRevocationsConfig(env), log);
  const ours = createAuthenticate({ ...config, clockTolerance: config.token.clockTolerance });
  const handler = createGatekeeperHandler({
    config,
    policies,
    shapes: options.shapes ?? {},
    database,
    authenticate: joinAuthenticate(options.authenticate, ours),
    revocations,
    around: { runtime, log, stopping },
    logged: (others) => logRequestsIfAsked(env, others, log),
  });
  return {
    handler,
    async check() {
      await checkReachable(database);
      await tellMissingGrants(database, log);
      await revocations.latest();
      await tellMissingTables(database, policies, log);
      const isOurs = options.authenticate === undefined;
      if (isOurs && config.users.length === 0) {
        log("no SUPABASE_URL or USER_JWKS_URL: all users are anonymous");
      }
    },
    async close() {
      await Promise.all([database, forRevocations].map((each) => each.end({ timeout: 1 })));
    },
  };
}

async function checkReachable(database: Database): Promise<void> {
  try {
    await checkConnection(database);
  } catch (error) {
    const cause = error instanceof Error ? error.message || error.name : "unknown error";
    throw new ConfigError(
      `can't reach Postgres at DATABASE_URL (${cause}). Is it running, and the URL right?`,
    );
  }
}

async function tellMissingGrants({ sql }: Database, log: (line: string) => void): Promise<void> {
  const missing = await missingGrants(sql);
  if (missing.length === 0) return;
  log(
    "the database's user may not read gatekeeper.revocations, so nobody is let in; " +
      `run as the owner: ${missing.join(" ")}`,
  );
}

async function tellMissingTables(
  { sql }: Database,
  policies: Policies,
  log: (line: string) => void,
): Promise<void> {
  const missing = await missingTables(sql, policies);
  if (missing.length === 0) return;
  const names = missing.map(({ table }) => table).join(", ");
  log(
    `policies.ts names what the database doesn't have as a table: ${names}. ` +
      "Mistyped, not made yet, or a view? Nobody can sync it.",
  );
}
