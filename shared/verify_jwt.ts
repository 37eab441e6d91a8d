import * as jose from "jose";
import type { VerifyingKeys } from "./keys.ts";
import { Refusal } from "./refusal.ts";

/** What a JWT says and its `typ`, or a stable word for why it is a bad one, and what was expected. */
export type Verified =
  | { readonly claims: jose.JWTPayload; readonly type: string | undefined; readonly reason: null }
  | { readonly claims: null; readonly reason: string };

/**
 * Verifies a JWT (RFC 7519): one of the keys must have signed it. Throws a 503 {@link Refusal} while
 * keys can't be had: that must not look like a bad token.
 */
export async function verifyJwt(
  token: string,
  keys: VerifyingKeys,
  checks: jose.JWTVerifyOptions,
): Promise<Verified> {
  const options = { ...checks, algorithms: keys.algorithms };
  let reason = "malformed";
  for (const find of keys.finders) {
    try {
      const { payload, protectedHeader } = await jose.jwtVerify(token, find, options);
      // Extensions that a token insists on (RFC 7515 section 4.1.11): jose has one, and we have none.
      if (protectedHeader.crit !== undefined) return bad("malformed");
      return { claims: payload, type: protectedHeader.typ, reason: null };
    } catch (error) {
      if (!isAboutToken(error)) {
        throw new Refusal(503, "unavailable", "No keys now. Try again.", { "retry-after": "5" });
      }
      reason = tellingReason(reason, reasonOf(error, checks));
    }
  }
  return bad(reason);
}

const bad = (reason: string): Verified => ({ claims: null, reason });

/** Whether an error says that the token is bad, rather than that keys can't be had. */
function isAboutToken(error: unknown): error is jose.errors.JOSEError {
  if (!(error instanceof jose.errors.JOSEError)) return false;
  return /^ERR_(JW[ST]_|JOSE_(ALG|NOT)|JWKS_(NO|MULTIPLE))/.test(error.code);
}

/** Of several keys, the one that signed it knows best: the others only say that they didn't. */
function tellingReason(first: string, next: string): string {
  return next === "signature" && first !== "malformed" ? first : next;
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: "expired",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "signature",
  ERR_JOSE_ALG_NOT_ALLOWED: "algorithm",
  ERR_JWKS_NO_MATCHING_KEY: "unknown_key",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "unknown_key",
};

const REASONS_BY_CLAIM: Readonly<Record<string, string>> = {
  iss: "issuer",
  aud: "audience",
  nbf: "not_yet_valid",
  exp: "no_expiry",
  sub: "no_subject",
  typ: "type",
  iat: "issued_at",
};

/** A stable word for an error of jose's, with what was expected; nothing of what the token says. */
function reasonOf(error: jose.errors.JOSEError, checks: jose.JWTVerifyOptions): string {
  if (!(error instanceof jose.errors.JWTClaimValidationFailed)) {
    return REASONS[error.code] ?? "malformed";
  }
  const reason = REASONS_BY_CLAIM[error.claim] ?? "malformed";
  if (reason === "issuer") return `issuer, not ${checks.issuer}`;
  if (reason === "audience") return `audience, not ${checks.audience}`;
  return reason;
}
