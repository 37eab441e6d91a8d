import { watchAlone } from "../../shared/clock.ts";
import type { Runtime } from "../runtime.ts";

/** Cloudflare Workers (workerd). Its variables come with each request: pass them as `env`. */
export function workerRuntime(): Runtime {
  return {
    name: "Cloudflare Workers",
    env: () => undefined,
    fetch: (input, init) => fetch(input, init),
    inflates: ["gzip", "br"],
    inflatesUnasked: true,
    leavesRanges: false,
    compresses: false,
    sharesHeaders: false,
    watchesEagerly: true,
    // A timer, and what a promise waits for, end with the request that began them.
    isolatesRequests: true,
    watch: watchAlone,
  };
}
