import { readProxyConfig } from "../shared/config.ts";
import { ConfigError, optional, readAddress } from "../shared/env.ts";
import { readKeys } from "../shared/keys.ts";
import { logRequestsIfAsked } from "../shared/request_log.ts";
import { createEdge } from "./handler.ts";
import { createSurroundings, env, giveUp } from "./runtimes/deno.ts";

const around = createSurroundings("edge");

async function start() {
  if (optional(env, "AUTH_PRIVATE_JWK")) {
    throw new ConfigError("AUTH_PRIVATE_JWK is set: the edge must not be able to sign; unset it.");
  }
  const config = readProxyConfig(env, await readKeys(env));
  const edge = createEdge(optional(env, "FUNCTION_NAME") ?? "edge", config, around);
  const fetch = logRequestsIfAsked(env, edge, around.log);
  return { ...around, ...readAddress(env, 8000), fetch };
}

export default await start().catch((error) => {
  if (!(error instanceof ConfigError)) throw error;
  return { ...around, host: "", port: 0, fetch: giveUp(error.message, around.log) };
});
