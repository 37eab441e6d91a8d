import { badToken, bearerToken, type Grant, type TokenNames, verifyToken } from "./claims.ts";
import type { VerifyingKeys } from "./keys.ts";

/** How many verified tokens are remembered; at most 8 KiB each. */
const REMEMBERED = 2000;

/** Gives what a request's token grants, or throws a 401 {@link Refusal}. */
export type Verifier = (request: Request) => Grant | Promise<Grant>;

/** Keys, names and clock of a {@link Verifier}. */
export interface VerifierOptions extends TokenNames {
  readonly keys: VerifyingKeys;
  /** Seconds that clocks may differ. */
  readonly clockTolerance: number;
  /** Milliseconds since the epoch; `Date.now` outside tests. */
  readonly now?: () => number;
}

/**
 * Verifies each token once and then looks it up, since a signature costs a thousand times a lookup.
 * Only good tokens are remembered, the least recently used go first, none outlives its `exp`.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const now = options.now ?? Date.now;
  const remembered = new Map<string, Grant>();

  async function verifyFirst(token: string): Promise<Grant> {
    const grant = await verifyToken(token, options.keys, options);
    remembered.set(token, grant);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED) break;
      remembered.delete(oldest);
    }
    return grant;
  }

  return (request) => {
    const token = bearerToken(request);
    if (token === null) throw badToken();
    const grant = remembered.get(token);
    if (grant === undefined) return verifyFirst(token);
    remembered.delete(token);
    // jose's own rule, so that a looked-up token dies in the same second as a verified one.
    if (grant.expiresAt <= Math.floor(now() / 1000) - options.clockTolerance) throw badToken();
    remembered.set(token, grant);
    return grant;
  };
}
