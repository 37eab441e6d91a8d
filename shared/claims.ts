import { errors, jwtVerify, SignJWT } from "jose";
import type { SigningKey, VerifyingKeys } from "./keys.ts";
import { invalidToken, Refusal } from "./refusal.ts";
import { Shape } from "./shape.ts";

/** Tokens beyond this many characters are refused before any cryptography. */
const MAX_TOKEN = 8192;

/** What the issuer says about itself and its readers (RFC 7519 section 4.1); unset ones aren't checked. */
export interface TokenNames {
  readonly issuer?: string;
  readonly audience?: string;
}

/** A token as a proxy needs it: the shape it grants, and until when. */
export interface Grant {
  readonly shape: Shape;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** What {@link signShape} puts into a token besides the shape. */
export interface SignOptions extends TokenNames {
  /** Seconds since the epoch, also used as `nbf`. */
  readonly issuedAt: number;
  /** Seconds until the token expires. */
  readonly ttl: number;
  /** The user's id. */
  readonly subject?: string;
}

/** Signs a shape into a JWT (RFC 7519, JWS compact). */
export function signShape(shape: Shape, key: SigningKey, options: SignOptions): Promise<string> {
  const jwt = new SignJWT({ shape: shape.toClaim() })
    .setProtectedHeader({
      alg: key.algorithm,
      typ: "JWT",
      ...(key.id !== undefined && { kid: key.id }),
    })
    .setIssuedAt(options.issuedAt)
    .setNotBefore(options.issuedAt)
    .setExpirationTime(options.issuedAt + options.ttl)
    .setJti(crypto.randomUUID());
  if (options.issuer !== undefined) jwt.setIssuer(options.issuer);
  if (options.audience !== undefined) jwt.setAudience(options.audience);
  if (options.subject !== undefined) jwt.setSubject(options.subject);
  return jwt.sign(key.key);
}

/**
 * Verifies a token and reads its shape, as strictly as a request's. Throws the same 401
 * {@link Refusal} for every bad token: which check failed helps nobody but a forger.
 */
export async function verifyToken(
  token: string,
  keys: VerifyingKeys,
  options: TokenNames & {
    /** Seconds that clocks may differ. */
    readonly clockTolerance: number;
  },
): Promise<Grant> {
  if (token.length > MAX_TOKEN) throw badToken();
  try {
    const { payload } = await jwtVerify(token, keys.find, {
      algorithms: [...keys.algorithms],
      requiredClaims: ["exp"],
      clockTolerance: options.clockTolerance,
      ...(options.issuer !== undefined && { issuer: options.issuer }),
      ...(options.audience !== undefined && { audience: options.audience }),
    });
    const { shape, exp } = payload;
    if (typeof shape !== "object" || shape === null || Array.isArray(shape)) throw badToken();
    if (exp === undefined) throw badToken();
    return { shape: Shape.parse({ ...shape }), expiresAt: exp };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof Refusal) throw badToken();
    throw error;
  }
}

/** The one answer to a missing or bad token. */
export function badToken(): Refusal {
  return invalidToken(
    "The token is missing, malformed, expired or not for this server. " +
      "Get a fresh one from the gatekeeper and send it as 'Authorization: Bearer <token>'.",
  );
}

/** Takes the token out of an `Authorization` header (RFC 6750 section 2.1), or gives `null`. */
export function bearerToken(request: Request): string | null {
  const header = request.headers.get("authorization");
  return header === null ? null : /^Bearer +([^\s,]+)$/i.exec(header)?.[1] ?? null;
}
