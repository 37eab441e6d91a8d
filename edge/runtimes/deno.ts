import type { Env } from "../../shared/env.ts";
import { isOlder, type Surroundings } from "../../shared/proxy.ts";
import { answer, type Handler } from "../../shared/refusal.ts";

// Deno 2.9, and Supabase's runtime, which has Deno 2.1's API without signals and without an exit.

/**
 * How long bodies that are on their way may go on after a signal to stop, in milliseconds. `deno serve`
 * ends by itself when all are there, but not before 2.9: there it's the time to send what was held.
 */
const GRACE = isOlder(Deno.version.deno) ? 500 : 5000;

/** The environment. */
export const env: Env = (name) => Deno.env.get(name);

/** What a server gets from Deno; `name` begins the lines of its log. */
export function createSurroundings(name: string): Surroundings & { stopping: AbortSignal } {
  const log = (line: string) => console.error(`${name}: ${line}`);
  return { fetch: fetchByHttp1(), runtime: Deno.version.deno, log, stopping: stopSignal() };
}

/**
 * `fetch`, but always HTTP/1.1. By HTTP/2 it would use one connection for all requests to a CDN, and
 * those beyond the CDN's limit of streams (mostly about 100) would wait until a held one ends.
 */
export function fetchByHttp1(): typeof fetch {
  const client = Deno.createHttpClient?.({ http2: false });
  return (input, init) => fetch(input, { ...init, ...(client && { client }) });
}

/** Ends the process after a line that says why; where the runtime doesn't let it, gives what answers every request. */
export function giveUp(reason: string, log: (line: string) => void): Handler {
  log(reason);
  const exit: (code: number) => void = Deno.exit;
  exit(1);
  const message = "This server can't start as it is configured; its log says why.";
  return () => Promise.resolve(answer({ message }, { status: 500 }));
}

/**
 * Aborts on SIGTERM and SIGINT. Held requests then end; what is still on its way after {@link GRACE}
 * is cut.
 */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    Deno.unrefTimer(setTimeout(() => Deno.exit(0), GRACE));
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
