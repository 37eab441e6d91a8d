import type { Watch } from "../shared/clock.ts";
import type { Env } from "./env.ts";

/** What differs between JavaScript runtimes, as far as our servers notice: one of `runtimes/` each. */
export interface Runtime {
  /** As the docs name it. */
  readonly name: string;
  /** Looks up an environment variable. */
  readonly env: Env;
  readonly fetch: typeof globalThis.fetch;
  /** Codings (RFC 9110 section 8.4.1) of responses that `fetch` inflates, though it still names them. */
  readonly inflates: readonly string[];
  /** Whether it inflates what came compressed though `identity` was asked for, too. */
  readonly inflatesUnasked: boolean;
  /**
   * Whether `fetch` leaves a response compressed when the request has a `Range`, so that
   * `ELECTRIC_PASS_COMPRESSED` works.
   */
  readonly leavesRanges: boolean;
  /** Whether the server compresses responses by itself unless they have a `content-encoding`. */
  readonly compresses: boolean;
  /** Whether a `Response` may keep the very headers that it was given, as that of Hono's server for Node does. */
  readonly sharesHeaders: boolean;
  /** Whether a client's leaving is told only of requests that were asked about from their beginning. */
  readonly watchesEagerly: boolean;
  /** Whether timers and promises of a request are of no use to another. */
  readonly isolatesRequests: boolean;
  readonly watch: Watch;
  /** What a server may do to the process that it runs in; none where that is its host's. */
  readonly process?: RuntimeProcess;
}

/** The process that a server runs in. */
export interface RuntimeProcess {
  /** Aborts when the process is asked to stop, and ends it after a while. */
  stopSignal(): AbortSignal;
  /** Ends it with an error; where the runtime doesn't let it, nothing happens. */
  fail(): void;
}
