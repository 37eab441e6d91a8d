import { ConfigError, type Env, optional, readProxyConfig } from "../shared/config.ts";
import { createEdge } from "./handler.ts";

const env: Env = (name) => Deno.env.get(name);

function start(): { fetch: (request: Request) => Promise<Response> } {
  try {
    return {
      fetch: createEdge({
        config: readProxyConfig(env),
        functionName: optional(env, "FUNCTION_NAME") ?? "edge",
        fetch: globalThis.fetch,
        runtimeCompresses: compresses(Deno.version.deno),
        log: (line) => console.error(`edge: ${line}`),
      }),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`edge: ${error.message}`);
    Deno.exit(1);
  }
}

/** `Deno.serve` compresses by itself before 2.9, and in runtimes of other names that embed it. */
function compresses(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return !(major > 2 || (major === 2 && minor >= 9));
}

export default start();
