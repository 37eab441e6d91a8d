import type { JWTPayload } from "jose";
import { bearerToken } from "../../shared/claims.ts";
import type { VerifyingKeys } from "../../shared/keys.ts";
import { verifyJwt } from "../../shared/verify_jwt.ts";
import { Refusal } from "../../shared/refusal.ts";
import { isAnonKey, isSecretKey, type ProjectKeys } from "./project_keys.ts";

/** Longest access token that is read, in characters. */
const MAX_TOKEN = 16_384;

/** Someone who has signed in, as their access token says. */
export interface User {
  /** `sub`: the provider's id, stable for a person. */
  readonly id: string;
  /** `role` of the token; `authenticated` where the provider says nothing of it. */
  readonly role: string;
  readonly email?: string;
  /** Everything that the token says. */
  readonly claims: Readonly<JWTPayload>;
}

/** Whose access tokens are good: their keys, and what a token must say to be for us. */
export interface UserIssuer {
  readonly keys: VerifyingKeys;
  /** Not checked when `undefined`. */
  readonly issuer: string | undefined;
  readonly audience: string;
}

/** Gives the user of a request, or `null` for one without credentials. */
export type Authenticate = (request: Request) => Promise<User | null>;

/** How access tokens are checked. */
export interface Authentication {
  readonly users: readonly UserIssuer[];
  /** Seconds that the issuer's clock and ours may differ. */
  readonly clockTolerance: number;
  readonly projectKeys: ProjectKeys;
}

/**
 * Reads users from the bearer token (RFC 6750 section 2.1) in `Authorization`. A request without
 * that header is anonymous, and so is one with a public key of the project's, which Supabase's clients
 * send while nobody has signed in. One with a bad token is refused with a 401 {@link Refusal}, never
 * taken for anonymous, and with a 503 while its issuer's keys can't be had.
 */
export function createAuthenticate(authentication: Authentication): Authenticate {
  const { users, projectKeys, clockTolerance } = authentication;
  return async (request) => {
    if (!request.headers.has("authorization")) return null;
    const token = bearerToken(request);
    if (token === "" || token.length > MAX_TOKEN) throw badAccessToken("malformed");
    if (isSecretKey(token)) throw secretKey();
    if (projectKeys.isPublic(token, request)) return null;
    const reasons: string[] = [];
    for (const { keys, issuer, audience } of users) {
      keys.generation();
      const checks = isAnonKey(token)
        ? { requiredClaims: ["exp"] }
        : { requiredClaims: ["exp", "sub"], audience, ...(issuer !== undefined && { issuer }) };
      const { claims, reason } = await verifyJwt(token, keys, { ...checks, clockTolerance });
      if (claims !== null) return isAnonKey(token) ? null : readUser(claims);
      reasons.push(reason);
    }
    throw badAccessToken([...new Set(reasons)].join("; ") || NO_ISSUER);
  };
}

function readUser(claims: JWTPayload): User {
  const { sub, role, email } = claims;
  if (!sub || !sub.isWellFormed() || /\p{Cc}/u.test(sub)) throw badAccessToken("no_subject");
  return {
    id: sub,
    role: typeof role === "string" && role !== "" ? role : "authenticated",
    ...(typeof email === "string" && email !== "" && { email }),
    claims,
  };
}

/** With its way out, which no client can know. */
const NO_ISSUER = "no_issuer, set SUPABASE_URL or USER_JWKS_URL";

const CHALLENGE = { "www-authenticate": 'Bearer error="invalid_token"' };

/** The one answer to every bad access token (RFC 6750 section 3.1); `reason` is the log's. */
function badAccessToken(reason: string): Refusal {
  const message = "The access token is malformed, expired or not for this server. Sign in again " +
    "and send it as 'Authorization: Bearer <access token>', or nothing to be anonymous.";
  return new Refusal(401, "invalid_token", message, CHALLENGE).because(reason);
}

function secretKey(): Refusal {
  const message = "This is a secret key of the project, which no client may hold. Send the " +
    "user's access token, or the publishable (or anon) key for nobody in particular.";
  return new Refusal(401, "invalid_token", message, CHALLENGE).because("secret_key");
}
