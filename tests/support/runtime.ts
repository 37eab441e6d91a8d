import type { Runtime } from "../../edge/runtime.ts";
import { denoRuntime } from "../../edge/runtimes/deno.ts";

/** This runtime, with another `fetch` or other habits. */
export function testRuntime(more: Partial<Runtime> = {}): Runtime {
  return { ...denoRuntime(), ...more };
}
