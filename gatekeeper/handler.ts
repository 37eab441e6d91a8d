import { createProxy, type Surroundings } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import {
  allowMethods,
  answer,
  answerRefusals,
  type Handler,
  preflight,
} from "../shared/refusal.ts";
import { checkShape } from "./catalogue.ts";
import type { GatekeeperConfig } from "./config.ts";
import { checkConnection, type Database, databaseUnavailable } from "./database.ts";
import { mint } from "./mint.ts";
import { readShapeRequest, tableOf, unknownPath } from "./request.ts";

/** The gatekeeper: decides who may sync what, and is a proxy of its own. */
export function createGatekeeper(
  config: GatekeeperConfig,
  sql: Database,
  surroundings: Surroundings,
): Handler {
  const { log } = surroundings;
  const proxy = createProxy(config.keys.verifying, config, surroundings);
  const tokens = answerRefusals((request) => answerToken(request, config, sql), log);
  const others = answerRefusals(async (request) => {
    const { path, query } = targetOf(request);
    if (path === "/proxy/v1/shape") return await proxy(request, query);
    if (path === "/health") return await health(request, sql);
    if (path === "/.well-known/jwks.json") return keySet(request, config);
    throw unknownPath();
  }, log);
  return async (request) => {
    const { path } = targetOf(request);
    if (!path.startsWith("/gatekeeper/")) return await others(request);
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
  allowMethods(request, "POST", "OPTIONS");
  if (request.method === "OPTIONS") return preflight("POST, OPTIONS");
  const shape = await readShapeRequest(request, table, query);
  await checkShape(sql, shape);
  return answer(await mint(shape, config, Math.floor(Date.now() / 1000)));
}

async function health(request: Request, sql: Database): Promise<Response> {
  allowMethods(request, "GET", "HEAD");
  await checkConnection(sql).catch(() => {
    throw databaseUnavailable();
  });
  return answer({ status: "ok" });
}

function keySet(request: Request, { keys }: GatekeeperConfig): Response {
  allowMethods(request, "GET", "HEAD");
  return answer({ keys: keys.published }, 200, { "cache-control": "public, max-age=300" });
}
