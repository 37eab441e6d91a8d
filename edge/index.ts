import { ConfigError, type Env, optional, readNumber, readProxyConfig } from "../shared/config.ts";
import { readKeys } from "../shared/keys.ts";
import { fetchByHttp1 as fetch } from "../shared/proxy.ts";
import { logRequests } from "../shared/request_log.ts";
import { createEdge } from "./handler.ts";

const env: Env = (name) => Deno.env.get(name);
const log = (line: string) => console.error(`edge: ${line}`);

async function start() {
  if (optional(env, "AUTH_PRIVATE_JWK")) {
    throw new ConfigError("AUTH_PRIVATE_JWK is set: the edge must not be able to sign; unset it.");
  }
  const config = readProxyConfig(env, await readKeys(env));
  const name = optional(env, "FUNCTION_NAME") ?? "edge";
  const edge = createEdge(name, config, { fetch, runtime: Deno.version.deno, log });
  const logsAll = optional(env, "LOG_REQUESTS") === "1";
  return {
    fetch: logsAll ? logRequests(edge, log) : edge,
    port: readNumber(env, "PORT", 8000, 0, 65535),
  };
}

export default await start().catch((error) => {
  if (!(error instanceof ConfigError)) throw error;
  log(error.message);
  Deno.exit(1);
});
