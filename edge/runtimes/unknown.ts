import { watchTogether } from "../../shared/clock.ts";
import type { Runtime } from "../runtime.ts";

/** A runtime that nobody has tried: taken for one that can do little, as an old Deno. */
export function unknownRuntime(): Runtime {
  return {
    name: "unknown",
    env: () => undefined,
    fetch: (input, init) => fetch(input, init),
    inflates: ["gzip", "x-gzip", "deflate", "br", "zstd"],
    inflatesUnasked: true,
    leavesRanges: false,
    compresses: true,
    sharesHeaders: true,
    watchesEagerly: true,
    isolatesRequests: false,
    watch: watchTogether,
  };
}
