import { decodeJwt, type JWTPayload } from "jose";
import { type Env, optional } from "../../edge/env.ts";

/** What tells a project's keys from its users' access tokens. */
export interface ProjectKeys {
  /** Whether a token is a public key of the project's, so that its bearer is nobody in particular. */
  isPublic(token: string, request: Request): boolean;
}

/** Keys that Supabase's clients send in `Authorization` while nobody has signed in, as functions get them. */
const PUBLISHABLE = /sb_publishable_[\w-]+/g;

/**
 * Reads a Supabase project's public keys: `SUPABASE_ANON_KEY`, and those in `SUPABASE_PUBLISHABLE_KEYS`
 * (a JSON object of names and keys). A token that the request has as `apikey`, too, counts as one: it
 * gains a caller nothing that sending none doesn't.
 */
export function readProjectKeys(env: Env): ProjectKeys {
  const publishable = optional(env, "SUPABASE_PUBLISHABLE_KEYS")?.match(PUBLISHABLE) ?? [];
  const known = new Set([optional(env, "SUPABASE_ANON_KEY"), ...publishable]);
  return {
    isPublic: (token, { headers }) =>
      known.has(token) || (token === headers.get("apikey") && isNobodys(token)),
  };
}

/** Whether a token is a key of the project's that opens everything: no client may hold one. */
export function isSecretKey(token: string): boolean {
  return token.startsWith("sb_secret_") || unverified(token)?.["role"] === "service_role";
}

/** Whether a token says that it is the legacy anon key: a JWT of the project's own, which names no user. */
export function isAnonKey(token: string): boolean {
  const claims = unverified(token);
  return claims?.["role"] === "anon" && claims.sub === undefined;
}

/** Whether a token names no user: a bad token of somebody's must not become nobody's. */
function isNobodys(token: string): boolean {
  return unverified(token)?.sub === undefined;
}

/** What a token says, true or not; `null` for what is no JWT. */
function unverified(token: string): JWTPayload | null {
  try {
    return decodeJwt(token);
  } catch {
    return null;
  }
}
