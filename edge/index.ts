import { ConfigError, optional, readProxyConfig } from "../shared/config.ts";
import { readKeys } from "../shared/keys.ts";
import { createEdge } from "./handler.ts";

const env = (name: string) => Deno.env.get(name);
const log = (line: string) => console.error(`edge: ${line}`);

function start() {
  try {
    if (optional(env, "AUTH_PRIVATE_JWK")) {
      throw new ConfigError(
        "AUTH_PRIVATE_JWK is set: the edge must not be able to sign; unset it.",
      );
    }
    const name = optional(env, "FUNCTION_NAME") ?? "edge";
    const surroundings = { fetch, runtime: Deno.version.deno, log };
    return createEdge(name, readKeys(env), readProxyConfig(env), surroundings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log(error.message);
    Deno.exit(1);
  }
}

export default { fetch: start() };
