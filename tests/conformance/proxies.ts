import { BUN, NODE_22, NODE_24, WORKERD } from "../runtimes/binaries.ts";
import { startNodeEdge, startWorkerEdge } from "../runtimes/servers.ts";
import { whyMissing } from "../support/npm_binary.ts";
import { noDeno214 } from "../support/older_deno.ts";
import {
  type Env,
  type RunningServer,
  startEdge,
  startEdge214,
  startGatekeeper,
} from "../support/servers.ts";

/** What a runtime does by itself, before and after a proxy's own code: `docs/runtimes.md`. */
export interface Habits {
  /** Request headers that its `fetch` adds. */
  readonly addsUpstream: readonly string[];
  /** Response headers that its server adds. */
  readonly addsToAnswers: readonly string[];
  readonly userAgent: RegExp;
  /** Statuses of upstream's that its `fetch` rejects with, as if nothing had come. */
  readonly rejects: readonly number[];
  /** A coding that its `fetch` doesn't know. */
  readonly unknownCoding: string;
  /** Methods that its server answers by itself, or by hanging up. */
  readonly ownMethods: readonly string[];
  /** Whether it tells of clients that leave; else what they waited for ends by its time. */
  readonly tellsOfLeaving: boolean;
}

/** Deno's. */
export const HABITS: Habits = {
  addsUpstream: ["accept-language", "host", "user-agent"],
  addsToAnswers: [],
  userAgent: /^Deno\//,
  rejects: [],
  unknownCoding: "zstd",
  ownMethods: [],
  tellsOfLeaving: true,
};

const NODE_HABITS: Partial<Habits> = {
  addsUpstream: [
    "accept-language",
    // To conditional requests, so that a CDN asks Electric.
    "cache-control",
    "connection",
    "host",
    "pragma",
    "sec-fetch-mode",
    "user-agent",
  ],
  addsToAnswers: ["connection", "keep-alive"],
  userAgent: /^node$/,
  // Fetch standard, HTTP-network-or-cache fetch, step 14.
  rejects: [407],
  unknownCoding: "compress",
  ownMethods: ["get"],
};

const WORKER_HABITS: Partial<Habits> = {
  addsUpstream: ["host"],
  userAgent: /^undefined$/,
  ownMethods: ["get", "PROPFIND"],
  tellsOfLeaving: false,
};

const BUN_HABITS: Partial<Habits> = {
  addsUpstream: ["connection", "host", "user-agent"],
  addsToAnswers: ["connection", "keep-alive"],
  userAgent: /^Bun\//,
  unknownCoding: "compress",
  ownMethods: ["TRACE", "get"],
};

/** A proxy to hold to the contract. */
export interface Proxy {
  readonly name: string;
  /** Paths that are the shape's; all others aren't. */
  readonly paths: readonly [string, ...string[]];
  /** Paths that look like the shape's and aren't. */
  readonly others: readonly string[];
  /** Why it can't be run on this machine, or `null`. */
  readonly missing: string | null;
  /** What its runtime does by itself; by default, what Deno does. */
  readonly habits?: Partial<Habits>;
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
  ...[NODE_22, NODE_24].map((node) => ({
    name: `edge on Node ${node.version}`,
    ...EDGE,
    missing: whyMissing(node),
    habits: NODE_HABITS,
    start: startNodeEdge(node),
  })),
  {
    name: "edge on Bun",
    ...EDGE,
    missing: whyMissing(BUN),
    habits: BUN_HABITS,
    start: startNodeEdge(BUN),
  },
  {
    name: "edge on Workers",
    ...EDGE,
    missing: whyMissing(WORKERD),
    habits: WORKER_HABITS,
    start: startWorkerEdge(WORKERD),
  },
  {
    name: "gatekeeper's proxy",
    paths: ["/proxy/v1/shape"],
    others: ["/v1/shape", "/edge/v1/shape", "/proxy/proxy/v1/shape"],
    missing: null,
    start: startGatekeeper,
  },
];
