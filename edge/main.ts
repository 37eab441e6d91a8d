import { ConfigError, readNumber } from "../shared/config.ts";
import edge from "./index.ts";

/** Where containers and plain machines say to listen; `deno serve` doesn't read it. */
function readPort(): number {
  try {
    return readNumber((name) => Deno.env.get(name), "PORT", 8000, 0, 65535);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`edge: ${error.message}`);
    Deno.exit(1);
  }
}

Deno.serve({ port: readPort() }, edge.fetch);
