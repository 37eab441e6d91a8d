import { targetOf } from "../shared/query.ts";
import { answer, answerRefusals, checkMethod, type Handler, Refusal } from "../shared/refusal.ts";
import type { ProxyConfig } from "./config.ts";
import { createProxy, type Surroundings } from "./proxy.ts";
import { createRefusalLog } from "./refusal_log.ts";

/**
 * The edge: the authorising proxy and a health check, nothing else. `basePaths`: what may stand before
 * `/v1/shape`; paths are compared as they came.
 */
export function createEdgeHandler(
  basePaths: readonly string[],
  config: ProxyConfig,
  around: Surroundings,
): Handler {
  const proxy = createProxy(config, around);
  const shapePaths = basePaths.map((base) => `${base}/v1/shape`);
  const healthPaths = basePaths.map((base) => `${base}/health`);

  async function route(request: Request): Promise<Response> {
    const { path, query } = targetOf(request);
    if (shapePaths.includes(path)) return await proxy(request, query);
    if (healthPaths.includes(path)) return health(request);
    throw new Refusal(404, "not_found", "Try GET /v1/shape or /health.");
  }

  return answerRefusals(route, around.log, createRefusalLog(around.log));
}

function health(request: Request): Response {
  checkMethod(request, "GET", "HEAD");
  return answer({ status: "ok" });
}
