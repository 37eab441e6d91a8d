import { type CryptoKey, errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { ProxyConfig } from "./config.ts";
import type { VerifyingKeys } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { Shape } from "./shape.ts";

/** Tokens beyond this many characters are refused before any cryptography. */
const MAX_TOKEN = 8192;

/** The key that signs new tokens. */
export interface SigningKey {
  readonly header: { readonly alg: "HS256" | "ES256" | "EdDSA"; readonly kid?: string };
  readonly key: Uint8Array | CryptoKey;
}

/** Signs a shape into a JWT (RFC 7519, JWS compact); `claims` are those besides the shape. */
export function signShape(shape: Shape, { header, key }: SigningKey, claims: JWTPayload) {
  const jwt = new SignJWT({ ...claims, shape: shape.toClaim() });
  return jwt.setProtectedHeader({ ...header, typ: "JWT" }).sign(key);
}

/** A token as a proxy needs it: the shape it grants, and until when, in seconds since the epoch. */
export interface Grant {
  readonly shape: Shape;
  readonly expiresAt: number;
}

/** What a token must say; issuer and audience are checked where they are configured. */
export type Checks = Pick<ProxyConfig, "issuer" | "audience" | "clockTolerance">;

/**
 * Verifies a token and reads its shape, as strictly as a request's. Throws the same 401
 * {@link Refusal} for every bad token: which check failed helps nobody but a forger.
 */
export async function verifyToken(token: string, keys: VerifyingKeys, checks: Checks) {
  const { issuer, audience, clockTolerance } = checks;
  const options = {
    algorithms: keys.algorithms,
    clockTolerance,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  for (const find of token.length > MAX_TOKEN ? [] : keys.finders) {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, find, options);
      const { shape, exp } = payload;
      if (typeof shape !== "object" || exp === undefined || protectedHeader.crit) break;
      return { shape: Shape.parse({ ...shape }), expiresAt: exp } satisfies Grant;
    } catch (error) {
      const unread = error instanceof Refusal && error.status === 400;
      if (!unread && !(error instanceof errors.JOSEError)) throw error;
    }
  }
  throw badToken();
}

/** The one answer to a missing or bad token (RFC 6750 section 3.1). */
export function badToken(): Refusal {
  const message = "The token is missing, malformed, expired or not for this server. " +
    "Get a fresh one from the gatekeeper and send it as 'Authorization: Bearer <token>'.";
  const headers = { "www-authenticate": 'Bearer error="invalid_token"' };
  return new Refusal(401, "invalid_token", message, headers);
}
