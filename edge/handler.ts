import type { ProxyConfig } from "../shared/config.ts";
import type { VerifyingKeys } from "../shared/keys.ts";
import { createProxy, type Surroundings } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import { allowMethods, answer, answerRefusals, type Handler, Refusal } from "../shared/refusal.ts";

/**
 * The edge function: the authorising proxy and a health check, nothing else. Supabase calls it
 * under its name, as `/edge/v1/shape`.
 */
export function createEdge(
  name: string,
  keys: VerifyingKeys,
  config: ProxyConfig,
  surroundings: Surroundings,
): Handler {
  const proxy = createProxy(keys, config, surroundings);
  return answerRefusals((request) => {
    const { path, query } = targetOf(request);
    if (path === "/v1/shape" || path === `/${name}/v1/shape`) return proxy(request, query);
    if (path !== "/health" && path !== `/${name}/health`) {
      throw new Refusal(404, "not_found", "Nothing here. Try GET /v1/shape or GET /health.");
    }
    allowMethods(request, "GET", "HEAD");
    return answer({ status: "ok" });
  }, surroundings.log);
}
