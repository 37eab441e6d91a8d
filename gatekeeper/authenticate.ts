import type { JWTPayload } from "jose";
import { type VerifyingKeys, verifyJwt } from "../shared/keys.ts";
import { Refusal } from "../shared/refusal.ts";

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

/**
 * Reads users from the bearer token (RFC 6750 section 2.1) in `Authorization`. A request without
 * that header is anonymous; one with a bad token is refused with a 401 {@link Refusal}, never taken
 * for anonymous, and with a 503 while its issuer's keys can't be had.
 */
export function createAuthenticate(
  issuers: readonly UserIssuer[],
  clockTolerance: number,
): Authenticate {
  return async (request) => {
    const header = request.headers.get("authorization");
    if (header === null) return null;
    const token = /^Bearer +([^\s,]+)$/i.exec(header)?.[1];
    if (token === undefined || token.length > MAX_TOKEN) throw badAccessToken();
    for (const issuer of issuers) {
      const claims = await verify(token, issuer, clockTolerance);
      if (claims !== null) return readUser(claims);
    }
    throw badAccessToken();
  };
}

async function verify(
  token: string,
  { keys, issuer, audience }: UserIssuer,
  clockTolerance: number,
): Promise<JWTPayload | null> {
  keys.generation();
  return await verifyJwt(token, keys, {
    requiredClaims: ["exp", "sub"],
    clockTolerance,
    audience,
    ...(issuer !== undefined && { issuer }),
  });
}

function readUser(claims: JWTPayload): User {
  const { sub, role, email } = claims;
  if (!sub || !sub.isWellFormed() || /\p{Cc}/u.test(sub)) throw badAccessToken();
  return {
    id: sub,
    role: typeof role === "string" && role !== "" ? role : "authenticated",
    ...(typeof email === "string" && email !== "" && { email }),
    claims,
  };
}

/** The one answer to every bad access token (RFC 6750 section 3.1). */
function badAccessToken(): Refusal {
  const message = "The access token is malformed, expired or not for this server. Sign in again " +
    "and send it as 'Authorization: Bearer <access token>', or nothing to be anonymous.";
  const headers = { "www-authenticate": 'Bearer error="invalid_token"' };
  return new Refusal(401, "invalid_token", message, headers);
}
