import { watchTogether } from "../../shared/clock.ts";
import type { Env } from "../env.ts";
import type { Runtime } from "../runtime.ts";

/** As much of Node's `process` as counts here; Bun has it, too. */
interface Process {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly versions: Readonly<Record<string, string | undefined>>;
}

declare const globalThis: { readonly process: Process };

const env: Env = (name) => globalThis.process.env[name];

/** Node, from 22 on: before, JSON can't keep the digits of large numbers. */
export function nodeRuntime(): Runtime {
  const major = Number(globalThis.process.versions["node"]?.split(".")[0]);
  return {
    name: "Node",
    env,
    fetch: globalFetch,
    // Node 24 knows zstd, too.
    inflates: ["gzip", "x-gzip", "deflate", "br", ...(major >= 24 ? ["zstd"] : [])],
    inflatesUnasked: true,
    leavesRanges: false,
    compresses: false,
    sharesHeaders: true,
    watchesEagerly: true,
    isolatesRequests: false,
    watch: watchTogether,
  };
}

const globalFetch: typeof fetch = (input, init) => fetch(input, init);
