import { noDeno214 } from "../support/older_deno.ts";
import {
  type Env,
  type RunningServer,
  startEdge,
  startEdge214,
  startGatekeeper,
} from "../support/servers.ts";

/** A proxy to hold to the contract. */
export interface Proxy {
  readonly name: string;
  /** Paths that are the shape's; all others aren't. */
  readonly paths: readonly [string, ...string[]];
  /** Paths that look like the shape's and aren't. */
  readonly others: readonly string[];
  /** Why it can't be run on this machine, or `null`. */
  readonly missing: string | null;
  /** Starts it; `env` holds all that any proxy needs, `DATABASE_URL` included. */
  readonly start: (env: Env) => Promise<RunningServer>;
}

const EDGE = {
  paths: ["/v1/shape", "/edge/v1/shape"],
  others: ["/edge/edge/v1/shape", "/other/v1/shape", "/edge//v1/shape", "/proxy/v1/shape"],
} as const;

/** Every proxy that exists. */
export const PROXIES: readonly Proxy[] = [
  { name: "edge", ...EDGE, missing: null, start: startEdge },
  { name: "edge on Deno 2.1.4", ...EDGE, missing: noDeno214, start: startEdge214 },
  {
    name: "gatekeeper's proxy",
    paths: ["/proxy/v1/shape"],
    others: ["/v1/shape", "/edge/v1/shape", "/proxy/proxy/v1/shape"],
    missing: null,
    start: startGatekeeper,
  },
];
