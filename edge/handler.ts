import type { ProxyConfig } from "../shared/config.ts";
import { type ProxyOptions, proxyShape } from "../shared/proxy.ts";
import { targetOf } from "../shared/query.ts";
import {
  answer,
  answerRefusals,
  type Handler,
  methodNotAllowed,
  notFound,
} from "../shared/refusal.ts";
import { createVerifier } from "../shared/verifier.ts";

/** What the edge needs of the world around it. */
export interface EdgeOptions {
  readonly config: ProxyConfig;
  /** Supabase calls a function under its name: `/edge/v1/shape`. */
  readonly functionName: string;
  readonly fetch: ProxyOptions["fetch"];
  readonly runtimeCompresses: boolean;
  readonly log: (line: string) => void;
}

/** The edge function: the authorising proxy and a health check, nothing else. */
export function createEdge(options: EdgeOptions): Handler {
  const { config, functionName } = options;
  const proxy: ProxyOptions = {
    electric: config.electric,
    verify: createVerifier(config),
    fetch: options.fetch,
    timeout: config.timeout,
    runtimeCompresses: options.runtimeCompresses,
  };
  const shapePath = `/${functionName}/v1/shape`;
  const healthPath = `/${functionName}/health`;
  return answerRefusals(async (request) => {
    const { path, query } = targetOf(request);
    if (path === "/v1/shape" || path === shapePath) return await proxyShape(request, query, proxy);
    if (path === "/health" || path === healthPath) return health(request);
    throw notFound("GET /v1/shape or GET /health");
  }, options.log);
}

function health({ method }: Request): Response {
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  return answer({ status: "ok" });
}
