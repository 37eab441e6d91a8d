import { whyMissing } from "../support/npm_binary.ts";
import type { Env, RunningServer } from "../support/servers.ts";
import { BUN, NODE_22, NODE_24, WORKERD } from "./binaries.ts";
import { startNodeEdge, startWorkerEdge } from "./servers.ts";

/** The edge on a runtime that isn't Deno. */
export interface OtherEdge {
  readonly name: string;
  /** Why it can't be run on this machine, or `null`. */
  readonly missing: string | null;
  readonly start: (env: Env) => Promise<RunningServer>;
}

/** The edge of the built package, on each runtime besides Deno. */
export const OTHER_EDGES: readonly OtherEdge[] = [
  ...[NODE_22, NODE_24, BUN].map((binary) => ({
    name: `the edge on ${binary.name} ${binary.version}`,
    missing: whyMissing(binary),
    start: startNodeEdge(binary),
  })),
  {
    name: "the edge on Workers",
    missing: whyMissing(WORKERD),
    start: startWorkerEdge(WORKERD),
  },
];
