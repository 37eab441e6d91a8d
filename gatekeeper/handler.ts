import { createProxy, type Surroundings } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import { createRefusalLog } from "../shared/refusal_log.ts";
import {
  answer,
  answerRefusals,
  checkMethod,
  type Handler,
  invalidRequest,
  Refusal,
} from "../shared/refusal.ts";
import type { Shape } from "../shared/shape.ts";
import { createAuthenticate } from "./authenticate.ts";
import type { GatekeeperConfig } from "./config.ts";
import { checkConnection, type Database, databaseUnavailable } from "./database.ts";
import { createDecide, TOO_MUCH } from "./decide.ts";
import { createMint, TokenTooLong } from "./mint.ts";
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
  const others = answerRefusals(
    async (request) => {
      const { path, query } = targetOf(request);
      if (path === "/proxy/v1/shape") return await proxy(request, query);
      if (path === "/health") return await health(request, database);
      if (path === "/.well-known/jwks.json") return keySet(request, config);
      throw unknownPath();
    },
    log,
    createRefusalLog(log),
  );
  return async (request) => {
    const { path } = targetOf(request);
    if (!path.startsWith("/gatekeeper/")) return await others(request);
    const reasons: string[] = [];
    const explain = (line: string) => void reasons.push(line);
    const tell = ({ reason }: Refusal) => explain(reason);
    const response = await answerRefusals((r) => answerToken(r, explain), explain, tell)(request);
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
  const authenticate = createAuthenticate({
    ...config,
    clockTolerance: config.token.clockTolerance,
  });
  const decide = createDecide(policies, database, undefined, config.proxyChecksHandles);
  const mint = createMint(config);
  return async (request, explain) => {
    const { path, query } = targetOf(request);
    const table = tableOf(path);
    if (table === null) throw unknownPath();
    const preflight = checkMethod(request, "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const user = await authenticate(request);
    const asked = await readShapeRequest(request, table, query);
    const shape = await decide(user, asked, explain);
    try {
      return answer(await mint(shape, user, Math.floor(Date.now() / 1000)));
    } catch (error) {
      if (!(error instanceof TokenTooLong)) throw error;
      // A policy that leaves the shape to the client grants what was asked for, itself.
      throw shape === asked ? tooLongAsked() : tooLongGranted(error, shape, explain);
    }
  };
}

function tooLongAsked(): Refusal {
  return invalidRequest("where, params and columns are too long for a token; ask for less.")
    .because("token_too_long");
}

function tooLongGranted(
  error: TokenTooLong,
  { table }: Shape,
  explain: (line: string) => void,
): Refusal {
  explain(
    `the policy of ${table} grants too much text: ${error.message}. ${TOO_MUCH}`,
  );
  const message = "The policy grants more than a token can hold; the gatekeeper's log says why.";
  return new Refusal(500, "policy_failed", message).because("token_too_long");
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
