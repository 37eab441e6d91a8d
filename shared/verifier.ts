import { badToken, type Checks, type Grant, verifyToken } from "./claims.ts";
import type { VerifyingKeys } from "./keys.ts";

/** How many verified tokens are remembered; at most 8 KiB each. */
const REMEMBERED = 2000;

/** Gives what a request's bearer token (RFC 6750 section 2.1) grants, or throws a 401. */
export type Verifier = (request: Request) => Grant | Promise<Grant>;

/**
 * Verifies each token once and then looks it up, since a signature costs a thousand times a lookup.
 * Only good tokens are remembered, the least recently used go first; none outlives its `exp`, nor
 * any change of the keys.
 */
export function createVerifier(keys: VerifyingKeys, checks: Checks, now = Date.now): Verifier {
  const remembered = new Map<string, Grant>();
  let generation = keys.generation();

  async function verifyFirst(token: string): Promise<Grant> {
    const started = generation;
    const grant = await verifyToken(token, keys, checks);
    // Keys that changed meanwhile may have lost the one that verified it.
    if (started !== generation) return grant;
    remembered.set(token, grant);
    const oldest = remembered.size > REMEMBERED ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    return grant;
  }

  return (request) => {
    if (generation !== (generation = keys.generation())) remembered.clear();
    const header = request.headers.get("authorization") ?? "";
    const token = /^Bearer +([^\s,]+)$/i.exec(header)?.[1];
    if (token === undefined) throw badToken();
    const grant = remembered.get(token);
    if (grant === undefined) return verifyFirst(token);
    remembered.delete(token);
    // jose's own rule, so that a looked-up token dies in the same second as a verified one.
    if (grant.expiresAt <= Math.floor(now() / 1000) - checks.clockTolerance) throw badToken();
    remembered.set(token, grant);
    return grant;
  };
}
