import type { Env } from "../../edge/env.ts";
import { Refusal } from "../../shared/refusal.ts";
import { isSupabaseFunction } from "../supabase.ts";

/** The gatekeeper's paths, as they are compared with a request's. */
export interface Paths {
  /** Before a table's name. */
  readonly tables: string;
  /** For many at once. */
  readonly batch: string;
  /** The list of named shapes; their names stand below it. */
  readonly shapes: string;
  readonly shape: readonly string[];
  readonly keySet: readonly string[];
  readonly revocations: readonly string[];
  readonly health: readonly string[];
}

/** The paths below the one that it is mounted at. */
export function pathsBelow(basePath: string, env: Env): Paths {
  const bases = [basePath];
  // Supabase calls a function with its name before the path.
  if (isSupabaseFunction(env)) bases.push(`${basePath}/gatekeeper`);
  return {
    tables: `${basePath}/gatekeeper/`,
    batch: `${basePath}/gatekeeper`,
    shapes: `${basePath}/gatekeeper/shapes`,
    shape: bases.map((base) => `${base}/proxy/v1/shape`),
    keySet: bases.map((base) => `${base}/.well-known/jwks.json`),
    revocations: bases.map((base) => `${base}/.well-known/revocations`),
    health: [`${basePath}/health`],
  };
}

/** 404 that names what there is. */
export function unknownPath(): Refusal {
  const message = "Nothing here. Try POST /gatekeeper/<table>, POST /gatekeeper/shapes/<name>, " +
    "POST /gatekeeper with a list of both, GET /gatekeeper/shapes, GET /proxy/v1/shape or GET /health.";
  return new Refusal(404, "not_found", message);
}
