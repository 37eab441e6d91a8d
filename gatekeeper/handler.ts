import { type ProxyOptions, proxyShape } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import {
  answer,
  answerRefusals,
  type Handler,
  methodNotAllowed,
  preflight,
} from "../shared/refusal.ts";
import { createVerifier } from "../shared/verifier.ts";
import { checkShape } from "./catalogue.ts";
import type { GatekeeperConfig } from "./config.ts";
import { checkConnection, type Database, databaseUnavailable } from "./database.ts";
import { mint } from "./mint.ts";
import { readShapeRequest, tableOf, unknownPath } from "./request.ts";

/** What the gatekeeper needs of the world around it. */
export interface GatekeeperOptions {
  readonly config: GatekeeperConfig;
  readonly sql: Database;
  readonly fetch: ProxyOptions["fetch"];
  readonly runtimeCompresses: boolean;
  readonly log: (line: string) => void;
}

/** The gatekeeper: decides who may sync what, and is a proxy of its own. */
export function createGatekeeper(options: GatekeeperOptions): Handler {
  const { config, sql, log } = options;
  const proxy: ProxyOptions = {
    electric: config.electric,
    verify: createVerifier(config),
    fetch: options.fetch,
    timeout: config.timeout,
    runtimeCompresses: options.runtimeCompresses,
  };
  const tokens = answerRefusals((request) => answerToken(request, config, sql), log);
  const routes = answerRefusals(async (request) => {
    const { path, query } = targetOf(request);
    if (path === "/proxy/v1/shape") return await proxyShape(request, query, proxy);
    if (path === "/health") return await health(request, sql);
    if (path === "/.well-known/jwks.json") return keySet(request);
    throw unknownPath();
  }, log);
  return async (request) => {
    const { path } = targetOf(request);
    if (!path.startsWith("/gatekeeper/")) return await routes(request);
    const response = await tokens(request);
    log(`${request.method} ${path.slice(0, 100)} ${response.status}`);
    return response;
  };
}

async function answerToken(
  request: Request,
  config: GatekeeperConfig,
  sql: Database,
): Promise<Response> {
  const { path, query } = targetOf(request);
  const table = tableOf(path);
  if (table === null) throw unknownPath();
  if (request.method === "OPTIONS") return preflight("POST, OPTIONS");
  if (request.method !== "POST") throw methodNotAllowed("POST, OPTIONS");
  const shape = await readShapeRequest(request, table, query);
  await checkShape(sql, shape);
  return answer(await mint(shape, config, Math.floor(Date.now() / 1000)));
}

async function health(request: Request, sql: Database): Promise<Response> {
  requireGet(request);
  try {
    await checkConnection(sql);
  } catch {
    throw databaseUnavailable();
  }
  return answer({ status: "ok" });
}

function keySet(request: Request): Response {
  requireGet(request);
  return answer({ keys: [] }, { "cache-control": "public, max-age=300" });
}

function requireGet({ method }: Request): void {
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed("GET, HEAD");
}
