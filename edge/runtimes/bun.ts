import type { Runtime } from "../runtime.ts";
import { nodeRuntime } from "./node.ts";

/** Bun. */
export function bunRuntime(): Runtime {
  return {
    ...nodeRuntime(),
    name: "Bun",
    inflates: ["gzip", "x-gzip", "deflate", "br", "zstd"],
  };
}
