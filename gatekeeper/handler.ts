import { signShape } from "../shared/claims.ts";
import { type ProxyOptions, proxyShape } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import {
  answerRefusals,
  CORS,
  type Handler,
  methodNotAllowed,
  preflight,
} from "../shared/refusal.ts";
import { createVerifier } from "../shared/verifier.ts";
import { checkShape } from "./catalogue.ts";
import type { GatekeeperConfig } from "./config.ts";
import { checkConnection, type Database, databaseUnavailable } from "./database.ts";
import { readShapeRequest, tableOf, unknownPath } from "./request.ts";

/** What the gatekeeper needs of the world around it. */
export interface GatekeeperOptions {
  readonly config: GatekeeperConfig;
  readonly sql: Database;
  readonly fetch: ProxyOptions["fetch"];
  readonly runtimeCompresses: boolean;
  readonly log: (line: string) => void;
}

const NO_STORE = { ...CORS, "cache-control": "no-store" } as const;

/** The gatekeeper: decides who may sync what, and is a proxy of its own. */
export function createGatekeeper(options: GatekeeperOptions): Handler {
  const { config, sql, log } = options;
  const proxy: ProxyOptions = {
    electric: config.electric,
    verify: createVerifier({ ...config, keys: config.keys.verifying }),
    fetch: options.fetch,
    timeout: config.timeout,
    runtimeCompresses: options.runtimeCompresses,
  };
  const tokens = answerRefusals((request) => answerToken(request, config, sql), log);
  const routes = answerRefusals(async (request) => {
    const { path, query } = targetOf(request);
    if (path === "/proxy/v1/shape") return await proxyShape(request, query, proxy);
    if (path === "/health") return await health(request, sql);
    if (path === "/.well-known/jwks.json") return keySet(request, config);
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
  const issuedAt = Math.floor(Date.now() / 1000);
  const token = await signShape(shape, config.keys.signing, {
    issuer: config.issuer ?? "gatekeeper",
    ...(config.audience !== undefined && { audience: config.audience }),
    issuedAt,
    ttl: config.tokenTtl,
  });
  const params = shape.toParams();
  // `params` is the client's name for all of this, so the values of $1, $2, … stay inside it.
  const { params: _values, ...copies } = params;
  const expires = new Date((issuedAt + config.tokenTtl) * 1000);
  return Response.json({
    url: config.shapeUrl,
    headers: { Authorization: `Bearer ${token}` },
    params,
    ...copies,
    expires_at: expires.toISOString().replace(".000Z", "Z"),
  }, { headers: NO_STORE });
}

async function health(request: Request, sql: Database): Promise<Response> {
  requireGet(request);
  try {
    await checkConnection(sql);
  } catch {
    throw databaseUnavailable();
  }
  return Response.json({ status: "ok" }, { headers: NO_STORE });
}

function keySet(request: Request, config: GatekeeperConfig): Response {
  requireGet(request);
  return Response.json({ keys: config.keys.verifying.published }, {
    headers: { ...CORS, "cache-control": "public, max-age=300" },
  });
}

function requireGet({ method }: Request): void {
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed("GET, HEAD");
}
