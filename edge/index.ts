import { ConfigError, type Env, optional, readProxyConfig } from "../shared/config.ts";
import { runtimeCompresses } from "../shared/relay.ts";
import { createEdge } from "./handler.ts";

const env: Env = (name) => Deno.env.get(name);

function start(): { fetch: (request: Request) => Promise<Response> } {
  try {
    return {
      fetch: createEdge({
        config: readProxyConfig(env),
        functionName: optional(env, "FUNCTION_NAME") ?? "edge",
        fetch: globalThis.fetch,
        runtimeCompresses: runtimeCompresses(Deno.version.deno),
        log: (line) => console.error(`edge: ${line}`),
      }),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`edge: ${error.message}`);
    Deno.exit(1);
  }
}

export default start();
