import { createProxy, type Surroundings } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import { answer, answerRefusals, checkMethod, type Handler } from "../shared/refusal.ts";
import { createAuthenticate } from "./authenticate.ts";
import type { GatekeeperConfig } from "./config.ts";
import { checkConnection, type Database, databaseUnavailable } from "./database.ts";
import { createDecide } from "./decide.ts";
import { createMint } from "./mint.ts";
import type { Policies } from "./policy.ts";
import { readShapeRequest, tableOf, unknownPath } from "./request.ts";

/** The gatekeeper: decides who may sync what, and is a proxy of its own. */
export function createGatekeeper(
  config: GatekeeperConfig,
  policies: Policies,
  database: Database,
  surroundings: Surroundings,
): Handler {
  const { log } = surroundings;
  const proxy = createProxy(config, surroundings);
  const answerToken = createTokens(config, policies, database);
  const others = answerRefusals(async (request) => {
    const { path, query } = targetOf(request);
    if (path === "/proxy/v1/shape") return await proxy(request, query);
    if (path === "/health") return await health(request, database);
    if (path === "/.well-known/jwks.json") return keySet(request, config);
    throw unknownPath();
  }, log);
  return async (request) => {
    const { path } = targetOf(request);
    if (!path.startsWith("/gatekeeper/")) return await others(request);
    const reasons: string[] = [];
    const explain = (line: string) => void reasons.push(line);
    const response = await answerRefusals((r) => answerToken(r, explain), explain)(request);
    log([`${request.method} ${path.slice(0, 100)} ${response.status}`, ...reasons].join(": "));
    return response;
  };
}

/** `POST /gatekeeper/:table`: who asks, for which shape, may they, and the token. */
function createTokens(
  config: GatekeeperConfig,
  policies: Policies,
  database: Database,
): (request: Request, explain: (line: string) => void) => Promise<Response> {
  const authenticate = createAuthenticate(config.users, config.token.clockTolerance);
  const decide = createDecide(policies, database, undefined, config.proxyChecksHandles);
  const mint = createMint(config);
  return async (request, explain) => {
    const { path, query } = targetOf(request);
    const table = tableOf(path);
    if (table === null) throw unknownPath();
    const preflight = checkMethod(request, "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const user = await authenticate(request);
    const shape = await decide(user, await readShapeRequest(request, table, query), explain);
    return answer(await mint(shape, user, Math.floor(Date.now() / 1000)));
  };
}

async function health(request: Request, database: Database): Promise<Response> {
  checkMethod(request, "GET", "HEAD");
  await checkConnection(database).catch(() => {
    throw databaseUnavailable();
  });
  return answer({ status: "ok" });
}

function keySet(request: Request, { published }: GatekeeperConfig): Response {
  checkMethod(request, "GET", "HEAD");
  return answer({ keys: published }, { headers: { "cache-control": "public, max-age=300" } });
}
