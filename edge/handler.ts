import type { ProxyConfig } from "../shared/config.ts";
import { createProxy, type Surroundings } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import { createRefusalLog } from "../shared/refusal_log.ts";
import { answer, answerRefusals, checkMethod, Refusal } from "../shared/refusal.ts";

/**
 * The edge function: the authorising proxy and a health check, nothing else. Supabase calls it
 * under its name, as `/edge/v1/shape`.
 */
export function createEdge(name: string, config: ProxyConfig, around: Surroundings) {
  const proxy = createProxy(config, around);
  return answerRefusals(
    async (request) => {
      const { path, query } = targetOf(request);
      const route = path.startsWith(`/${name}/`) ? path.slice(name.length + 1) : path;
      if (route === "/v1/shape") return await proxy(request, query);
      if (route !== "/health") throw new Refusal(404, "not_found", "Try GET /v1/shape or /health.");
      checkMethod(request, "GET", "HEAD");
      return answer({ status: "ok" });
    },
    around.log,
    createRefusalLog(around.log),
  );
}
