import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { SigningKey, VerifyingKeys } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { Shape } from "./shape.ts";

/** Tokens beyond this many characters are refused before any cryptography. */
const MAX_TOKEN = 8192;

/** A token as a proxy needs it: the shape it grants, and until when. */
export interface Grant {
  readonly shape: Shape;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Signs a shape into a JWT (RFC 7519, JWS compact); `claims` are those besides the shape. */
export function signShape(shape: Shape, key: SigningKey, claims: JWTPayload): Promise<string> {
  const id = key.id !== undefined && { kid: key.id };
  return new SignJWT({ ...claims, shape: shape.toClaim() })
    .setProtectedHeader({ alg: key.algorithm, typ: "JWT", ...id })
    .sign(key.key);
}

/** What a token must say; `issuer` and `audience` are checked where given. */
export interface VerifyOptions {
  readonly keys: VerifyingKeys;
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds that clocks may differ. */
  readonly clockTolerance: number;
}

/**
 * Verifies a token and reads its shape, as strictly as a request's. Throws the same 401
 * {@link Refusal} for every bad token: which check failed helps nobody but a forger.
 */
export async function verifyToken(token: string, options: VerifyOptions): Promise<Grant> {
  const { keys, ...checks } = options;
  if (token.length > MAX_TOKEN) throw badToken();
  for (const find of keys.finders) {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, find, {
        ...checks,
        algorithms: keys.algorithms,
        requiredClaims: ["exp"],
      });
      const { shape, exp } = payload;
      if (typeof shape !== "object" || shape === null || exp === undefined) break;
      if (protectedHeader.crit !== undefined) break;
      return { shape: Shape.parse({ ...shape }), expiresAt: exp };
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) continue;
      if (error instanceof errors.JOSEError || error instanceof Refusal) break;
      throw error;
    }
  }
  throw badToken();
}

/** The one answer to a missing or bad token (RFC 6750 section 3.1). */
export function badToken(): Refusal {
  return new Refusal(
    401,
    "invalid_token",
    "The token is missing, malformed, expired or not for this server. " +
      "Get a fresh one from the gatekeeper and send it as 'Authorization: Bearer <token>'.",
    { "www-authenticate": 'Bearer error="invalid_token"' },
  );
}
