import { type Env, optional, readUrl, required } from "../../edge/env.ts";
import { ConfigError } from "../../shared/config_error.ts";
import { secretKeys } from "../../shared/keys.ts";
import { remoteKeys } from "../../shared/remote_keys.ts";
import type { UserIssuer } from "./authenticate.ts";

/** Audience of the access tokens that Supabase Auth gives to people who have signed in. */
const SUPABASE_AUDIENCE = "authenticated";

/**
 * Where functions of `supabase functions serve` find Auth, inside its network, and what it signs as
 * `iss`, which is its address outside.
 */
const CLI = { auth: "http://kong:8000/auth/v1", issuer: "http://127.0.0.1:54321/auth/v1" };

/** Asymmetric only: a public key must never be taken for a secret. */
const ALGORITHMS = ("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519")
  .split(" ");

/**
 * Reads whose users may come: Supabase Auth (`SUPABASE_URL`; `SUPABASE_JWT_SECRET` for projects
 * that still sign with it; `SUPABASE_JWT_ISSUER` where `iss` isn't its address), any OpenID provider (`USER_JWKS_URL`, `USER_ISSUER`, `USER_AUDIENCE`),
 * or nobody, when none is set: then all are anonymous. Throws {@link ConfigError}.
 */
export function readUserIssuers(env: Env, fetch = globalThis.fetch): UserIssuer[] {
  // Supabase sets SUPABASE_URL for all of its functions, so USER_… is the more telling choice.
  const other = readOther(env, fetch);
  return other.length > 0 ? other : readSupabase(env, fetch);
}

function readSupabase(env: Env, fetch: typeof globalThis.fetch): UserIssuer[] {
  const value = optional(env, "SUPABASE_URL");
  const secret = optional(env, "SUPABASE_JWT_SECRET");
  const auth = value && `${readUrl("SUPABASE_URL", value)}/auth/v1`;
  const issuer = optional(env, "SUPABASE_JWT_ISSUER") ?? (auth === CLI.auth ? CLI.issuer : auth);
  const common = { issuer, audience: SUPABASE_AUDIENCE };
  if (secret !== undefined && new TextEncoder().encode(secret).length < 32) {
    throw new ConfigError(
      "SUPABASE_JWT_SECRET is too short: take the legacy JWT secret from the project's settings.",
    );
  }
  return [
    ...(secret === undefined ? [] : [{ ...common, keys: secretKeys([secret]) }]),
    ...(auth === undefined ? [] : [{
      ...common,
      keys: remoteKeys(`${auth}/.well-known/jwks.json`, { algorithms: ALGORITHMS, fetch }),
    }]),
  ];
}

function readOther(env: Env, fetch: typeof globalThis.fetch): UserIssuer[] {
  const names = ["USER_JWKS_URL", "USER_ISSUER", "USER_AUDIENCE"];
  if (names.every((name) => optional(env, name) === undefined)) return [];
  const url = required(env, "USER_JWKS_URL", "the jwks_uri of your OpenID provider");
  return [{
    keys: remoteKeys(readUrl("USER_JWKS_URL", url), { algorithms: ALGORITHMS, fetch }),
    issuer: required(env, "USER_ISSUER", "the iss of your users' access tokens"),
    audience: required(env, "USER_AUDIENCE", "the aud of your users' access tokens"),
  }];
}
