import type { Checks } from "../shared/claims.ts";
import { ConfigError } from "../shared/config_error.ts";
import { readProxyConfig, readRevocationsConfig, type RevocationsConfig } from "./config.ts";
import { optional } from "./env.ts";
import { fetchRevocations } from "./fetch_revocations.ts";
import { createEdgeHandler } from "./handler.ts";
import { readKeys } from "./keys.ts";
import { NO_REVOCATIONS, type Revocations } from "../shared/revocations.ts";
import { logRequestsIfAsked } from "./request_log.ts";
import { followRevocations } from "./revocations.ts";
import type { Surroundings } from "./proxy.ts";
import {
  type Context,
  type Server,
  type ServerOptions,
  type Started,
  startServer,
} from "./server.ts";

/**
 * The authorising proxy: opens the token of each request, and passes the shape that it holds on to
 * Electric, when that is the one that is asked for.
 *
 * Its settings are the environment's, or `options.env`'s: `AUTH_SECRET` (or `AUTH_JWKS`,
 * `AUTH_JWKS_URL`), `ELECTRIC_URL`, and what `docs/configuration.md` lists for the edge.
 *
 * ```ts ignore
 * export default createEdge();
 * ```
 */
export function createEdge(options: ServerOptions = {}): Server {
  return startServer("edge", options, startEdge);
}

async function startEdge({ env, basePath, runtime, log, stopping }: Context): Promise<Started> {
  if (optional(env, "AUTH_PRIVATE_JWK") !== undefined) {
    throw new ConfigError("AUTH_PRIVATE_JWK is set: the edge must not be able to sign; unset it.");
  }
  const keys = await readKeys(env, { fetch: runtime.fetch, isolated: runtime.isolatesRequests });
  const config = readProxyConfig(env, keys);
  // Supabase calls a function under its name, as /edge/v1/shape.
  const functionName = optional(env, "FUNCTION_NAME") ?? "edge";
  const basePaths = basePath === "" ? ["", `/${functionName}`] : [basePath];
  const revocations = revocationsOf(readRevocationsConfig(env), config, { runtime, log });
  const handler = createEdgeHandler(basePaths, config, { runtime, log, stopping, revocations });
  return { handler: logRequestsIfAsked(env, handler, log) };
}

function revocationsOf(
  { url, interval, maxAge, required }: RevocationsConfig,
  checks: Checks,
  { runtime, log }: Surroundings,
): Revocations {
  if (url === null) return NO_REVOCATIONS;
  const revocations = followRevocations({
    load: fetchRevocations(url, maxAge, checks, runtime),
    interval: 1000 * interval,
    maxAge: 1000 * maxAge,
    required,
    isolated: runtime.isolatesRequests,
    log,
  });
  // Ahead of the first request, which would wait for it; where that is none's, each asks by itself.
  if (!runtime.isolatesRequests) void revocations.upToDate();
  return revocations;
}
