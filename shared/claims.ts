import QuickLRU from "quick-lru";
import type { ProxyConfig } from "./config.ts";
import { verifyJwt } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { readShape, type Shape } from "./shape.ts";

/** The one answer to a missing or bad token (RFC 6750 section 3.1). */
const MESSAGE = "No good token: send one from the gatekeeper, as 'Authorization: Bearer …'.";
const CHALLENGE = { "www-authenticate": 'Bearer error="invalid_token"' };
const badToken = (reason: string) =>
  new Refusal(401, "invalid_token", MESSAGE, CHALLENGE).because(reason);

/** Longest token that is read, and so the longest that may be signed, in characters. */
export const MAX_TOKEN = 8192;

/** What a token is checked with and for. */
export type Checks = Pick<ProxyConfig, "keys" | "token">;

/**
 * Verifies a token and reads its shape, as strictly as a request's. Gives it, and the token's end in
 * seconds since the epoch. Throws the same 401 {@link Refusal} for every bad token, for which check
 * failed helps nobody but a forger; a 503 while the keys can't be had.
 */
export async function verifyToken(token: string, { keys, token: checks }: Checks) {
  // Before any cryptography, which would cost us more than a forger.
  if (token === "") throw badToken("no_token");
  if (token.length > MAX_TOKEN) throw badToken("too_long");
  const { claims, reason } = await verifyJwt(token, keys, { ...checks, requiredClaims: ["exp"] });
  if (claims === null) throw badToken(reason);
  try {
    return { shape: readShape(Object.assign({}, claims["shape"])), expiresAt: claims.exp ?? 0 };
  } catch {
    throw badToken("no_shape");
  }
}

/**
 * Gives what a request's bearer token (RFC 6750 section 2.1) opens, or throws a 401. Each token is
 * verified once and then looked up, since a signature costs a thousand times a lookup. Only good
 * ones are remembered, the least recently used go first; none outlives its `exp`, nor any change of
 * the keys.
 */
export function createVerifier<Opened>(config: Checks, open: (shape: Shape) => Opened) {
  // It holds twice as many at times.
  const remembered = new QuickLRU<string, Opened>({ maxSize: 2000 });
  let generation = config.keys.generation();

  async function verifyFirst(token: string): Promise<Opened> {
    const started = generation;
    const { shape, expiresAt } = await verifyToken(token, config);
    const opened = open(shape);
    // Keys that changed meanwhile may have lost the one that verified it.
    const maxAge = 1000 * (expiresAt + config.token.clockTolerance) - Date.now();
    if (started === generation) remembered.set(token, opened, { maxAge });
    return opened;
  }

  return ({ headers }: Request): Opened | Promise<Opened> => {
    if (generation !== (generation = config.keys.generation())) remembered.clear();
    const token = /^Bearer +([^\s,]+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
    return remembered.get(token) ?? verifyFirst(token);
  };
}
