import { watchTogether } from "../../shared/clock.ts";
import type { Env } from "../env.ts";
import type { Runtime } from "../runtime.ts";

/** Deno, and Supabase's runtime, which has Deno 2.1's API. */
export function denoRuntime(): Runtime {
  const isOld = isBefore29(Deno.version.deno);
  return {
    name: "Deno",
    env,
    fetch: fetchByHttp1(),
    inflates: ["gzip", "br"],
    inflatesUnasked: false,
    // Before 2.9 it asks for no compression at all once a range is named, and opens what comes.
    leavesRanges: !isOld,
    compresses: isOld,
    sharesHeaders: false,
    watchesEagerly: isOld,
    isolatesRequests: false,
    watch: watchTogether,
    process: { stopSignal, fail },
  };
}

const env: Env = (name) => Deno.env.get(name);

/** Whether this is a Deno before 2.9. Runtimes of other names embed an older Deno. */
export function isBefore29(version: string): boolean {
  return !/^(2\.(9|\d\d)|[3-9]|\d\d)/.test(version);
}

/**
 * `fetch`, but always HTTP/1.1. By HTTP/2 it would use one connection for all requests to a CDN, and
 * those beyond the CDN's limit of streams (mostly about 100) would wait until a held one ends.
 */
function fetchByHttp1(): typeof fetch {
  const client = Deno.createHttpClient?.({ http2: false });
  return (input, init) => fetch(input, { ...init, ...(client && { client }) });
}

/**
 * How long bodies that are on their way may go on after a signal to stop, in milliseconds. `deno serve`
 * ends by itself when all are there, but not before 2.9: there it's the time to send what was held.
 */
const grace = () => isBefore29(Deno.version.deno) ? 500 : 5000;

/**
 * Aborts on SIGTERM and SIGINT. Held requests then end; what is still on its way after a while is cut,
 * and the process with it.
 */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    Deno.unrefTimer(setTimeout(() => Deno.exit(0), grace()));
  };
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    try {
      Deno.addSignalListener(name, stop);
    } catch {
      // Supabase's runtime has no signals, and Windows no SIGTERM.
    }
  }
  return stopping.signal;
}

/** Ends the process, where the runtime lets it: Supabase's doesn't. */
function fail(): void {
  // Its type says that nothing comes after it.
  const exit: (code: number) => void = Deno.exit;
  exit(1);
}
