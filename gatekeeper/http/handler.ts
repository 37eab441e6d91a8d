import { createProxy } from "../../edge/proxy.ts";
import { createRefusalLog } from "../../edge/refusal_log.ts";
import { targetOf } from "../../shared/query.ts";
import { answer, answerRefusals, checkMethod, type Handler } from "../../shared/refusal.ts";
import type { GatekeeperConfig } from "../config.ts";
import { checkConnection, type Database, databaseUnavailable } from "../database/database.ts";
import { allowOrigins } from "./cors.ts";
import { createPublish } from "../revocations/publish.ts";
import type { GatekeeperParts } from "./parts.ts";
import { unknownPath } from "./paths.ts";
import { createTokens } from "./tokens.ts";

/** As much of a path as a line of the log shows. */
const SHOWN_PATH = 100;

/** The gatekeeper: decides who may sync what, and is a proxy of its own. */
export function createGatekeeperHandler(parts: GatekeeperParts): Handler {
  const { paths, allowedOrigins } = parts.config;
  const fixedPaths = [
    ...paths.shape,
    ...paths.keySet,
    ...paths.revocations,
    ...paths.health,
  ];
  const tokens = allowOrigins(allowedOrigins, createLoggedTokens(parts));
  const others = parts.logged(createOthers(parts));
  return (request) => {
    const { path } = targetOf(request);
    const isForTokens = path === paths.batch ||
      (path.startsWith(paths.tables) && !fixedPaths.includes(path));
    return isForTokens ? tokens(request) : others(request);
  };
}

/** `POST /gatekeeper/:table` and its like, each with a line in the log that says why. */
function createLoggedTokens(parts: GatekeeperParts): Handler {
  const { log } = parts.around;
  const { batch } = parts.config.paths;
  const answerToken = createTokens(parts);
  return async (request) => {
    const reasons: string[] = [];
    const explain = (line: string) => void reasons.push(line);
    const answerOne = answerRefusals(
      (asked) => answerToken(asked, explain),
      explain,
      ({ reason }) => explain(reason),
    );
    const response = await answerOne(request);
    const path = targetOf(request).path.slice(0, SHOWN_PATH);
    // Each of a list has its own.
    if (path === batch && response.status === 200) return response;
    log([`${request.method} ${path} ${response.status}`, ...reasons].join(": "));
    return response;
  };
}

/** The proxy, the public keys, what is revoked, and the health check. */
function createOthers({ config, database, revocations, around }: GatekeeperParts): Handler {
  const { paths } = config;
  const proxy = createProxy(config, { ...around, revocations });
  const publish = createPublish(config, revocations.latest);

  async function route(request: Request): Promise<Response> {
    const { path, query } = targetOf(request);
    if (paths.shape.includes(path)) return await proxy(request, query);
    if (paths.health.includes(path)) return await health(request, database);
    if (paths.keySet.includes(path)) return keySet(request, config);
    if (paths.revocations.includes(path)) return await publish(request);
    throw unknownPath();
  }

  return answerRefusals(route, around.log, createRefusalLog(around.log));
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
  return answer({ keys: published }, 200, { "cache-control": "public, max-age=300" });
}
