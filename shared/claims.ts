import QuickLRU from "quick-lru";
import type { VerifyingKeys } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { digestOf, isListType, LONGEST_LIFE, NO_REVOCATIONS } from "./revocations.ts";
import { readShape, type Shape } from "./shape.ts";
import { verifyJwt } from "./verify_jwt.ts";

/** Longest token that is read, and so the longest that may be signed, in characters. */
export const MAX_TOKEN = 8192;

/** `iss` of what a gatekeeper signs that has no other. */
export const ISSUER = "gatekeeper";

/** How many tokens are remembered as verified; twice as many at times. */
const REMEMBERED = 2000;

/** What a token must say, besides its shape. */
export interface TokenChecks {
  /** Seconds that the signer's clock and ours may differ. */
  readonly clockTolerance: number;
  /** Seconds that a token may live: it is good for no longer after its `iat`, whatever its `exp`. */
  readonly longestLife?: number;
  /** Not checked where there is none. */
  readonly issuer?: string;
  readonly audience?: string;
}

/** What a token is checked with and for. */
export interface Checks {
  readonly keys: VerifyingKeys;
  readonly token: TokenChecks;
}

/** What a good token grants. */
export interface Grant {
  readonly shape: Shape;
  /** `shape`'s, as Electric reads it. */
  readonly table: string;
  /** {@link digestOf} the token's `sub`. */
  readonly subject: string;
  /** The token's `iat`, in seconds since the epoch; long ago where it doesn't say. */
  readonly issuedAt: number;
  /** The token's end, in seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Verifies a token and reads its shape, as strictly as a request's. Throws the same 401
 * {@link Refusal} for every bad token, for which check failed helps nobody but a forger; a 503 while
 * the keys can't be had.
 */
export async function verifyToken(token: string, { keys, token: checks }: Checks): Promise<Grant> {
  const { longestLife = Infinity, ...jwtChecks } = checks;
  // Before any cryptography, which would cost us more than a forger.
  if (token === "") throw badToken("no_token");
  if (token.length > MAX_TOKEN) throw badToken("too_long");
  const verified = await verifyJwt(token, keys, { ...jwtChecks, requiredClaims: ["exp"] });
  if (verified.claims === null) throw badToken(verified.reason);
  if (isListType(verified.type)) throw badToken("type");
  const { sub, iat, exp = 0 } = verified.claims;
  // jose's type says that it is a text, but nothing has checked that.
  if (sub !== undefined && typeof sub !== "string") throw badToken("subject");
  const shape = readClaim(verified.claims["shape"]);
  const subject = await digestOf(sub);
  const now = Date.now() / 1000;
  // One that doesn't say when it was issued is as old as can be, so it must end soon enough by itself.
  const issuedAt = iat ?? 0;
  const expiresAt = Math.min(exp, (iat ?? now) + longestLife);
  if (issuedAt > now + checks.clockTolerance && longestLife < Infinity) throw badToken("issued_at");
  if (iat === undefined && expiresAt < exp) throw badToken("issued_at");
  if (expiresAt < exp && expiresAt + checks.clockTolerance < now) throw badToken("expired");
  return { shape, table: shape.table, subject, issuedAt, expiresAt };
}

function readClaim(claim: unknown): Shape {
  try {
    return readShape(Object.assign({}, claim));
  } catch {
    throw badToken("no_shape");
  }
}

/** The one answer to a missing or bad token (RFC 6750 section 3.1); `reason` is the log's. */
export function badToken(reason: string): Refusal {
  const message = "No good token: send one from the gatekeeper, as 'Authorization: Bearer …'.";
  const challenge = { "www-authenticate": 'Bearer error="invalid_token"' };
  return new Refusal(401, "invalid_token", message, challenge).because(reason);
}

/** The token of a request (RFC 6750 section 2.1); empty where there is none. */
export function bearerToken({ headers }: Request): string {
  return /^Bearer +([^\s,]+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
}

/**
 * Gives what a request's token opens, or throws as {@link verifyToken} does. Each token is verified
 * once and then looked up, since a signature costs a thousand times a lookup. Only good ones are
 * remembered, the least recently used go first; none outlives its `exp`, nor any change of the keys.
 * What was revoked is looked up each time; where anything can be, a token is good for a day at most.
 *
 * `open`: makes of a grant what is to be remembered.
 */
export function createVerifier<Opened extends { readonly grant: Grant }>(
  config: Checks,
  open: (grant: Grant) => Opened,
  revocations = NO_REVOCATIONS,
) {
  const token = revocations === NO_REVOCATIONS
    ? config.token
    : { ...config.token, longestLife: LONGEST_LIFE };
  const checks = { keys: config.keys, token };
  const remembered = new QuickLRU<string, Opened>({ maxSize: REMEMBERED });
  let generation = config.keys.generation();

  function forgetOnChangeOfKeys(): void {
    const now = config.keys.generation();
    if (now !== generation) remembered.clear();
    generation = now;
  }

  function unlessRevoked(opened: Opened): Opened {
    revocations.checkAge();
    if (revocations.isRevoked(opened.grant)) throw badToken("revoked");
    return opened;
  }

  async function verifyFirst(token: string): Promise<Opened> {
    const before = generation;
    const grant = await verifyToken(token, checks);
    await revocations.upToDate();
    const opened = unlessRevoked(open(grant));
    const endsAt = grant.expiresAt + config.token.clockTolerance;
    const maxAge = 1000 * endsAt - Date.now();
    // Keys that changed meanwhile may have lost the one that verified it.
    if (before === generation) remembered.set(token, opened, { maxAge });
    return opened;
  }

  return (request: Request): Opened | Promise<Opened> => {
    forgetOnChangeOfKeys();
    const token = bearerToken(request);
    const opened = remembered.get(token);
    if (opened === undefined) return verifyFirst(token);
    const pending = revocations.upToDate();
    return pending === null ? unlessRevoked(opened) : pending.then(() => unlessRevoked(opened));
  };
}
