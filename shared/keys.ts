import * as jose from "jose";
import { ConfigError, type Env, optional, readUrl, required } from "./env.ts";
import { Refusal } from "./refusal.ts";

/** Milliseconds between two fetches of a key set: to get one, for a missing key, at the latest. */
const [RETRY, COOLDOWN, MAX_AGE] = [2000, 30_000, 600_000];

/**
 * The keys that tokens may be signed with; no algorithm beyond theirs is accepted. `finders` are
 * tried in turn, for secrets have no ids. `generation` changes when the keys change; asking for it
 * keeps a remote set fresh.
 */
export type VerifyingKeys = Readonly<ReturnType<typeof remoteKeys>>;

/** Reads a verifier's keys, of one kind: two kinds at once could be confused with each other. */
export async function readKeys(env: Env): Promise<VerifyingKeys> {
  const kinds = ["AUTH_SECRET", "AUTH_JWKS", "AUTH_JWKS_URL"].filter((name) => optional(env, name));
  if (kinds.length > 1) throw new ConfigError(`Set only one of ${kinds.join(" and ")}.`);
  const [jwks, url] = [optional(env, "AUTH_JWKS"), optional(env, "AUTH_JWKS_URL")];
  if (jwks !== undefined) return await publicKeys(jwks);
  return url ? remoteKeys(readUrl("AUTH_JWKS_URL", url)) : secretKeys(readSecrets(env));
}

/** `AUTH_SECRET` and, still good for verifying, those of `AUTH_SECRET_PREVIOUS`. */
export function readSecrets(env: Env): string[] {
  const hint = "32 random bytes or more, the same everywhere (openssl rand -base64 32 prints some)";
  const previous = optional(env, "AUTH_SECRET_PREVIOUS")?.split(/\s+/) ?? [];
  const secrets = [required(env, "AUTH_SECRET", hint), ...previous];
  const isWeak = (key: string) => /^(\{|-----BEGIN)/.test(key) || new Blob([key]).size < 32;
  if (!secrets.some(isWeak)) return secrets;
  throw new ConfigError(`AUTH_SECRET is too short, or isn't a secret: set it to ${hint}.`);
}

/** Keys of shared secrets, all of which verify, so that secrets can be rotated. */
export function secretKeys(secrets: readonly string[]): VerifyingKeys {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret));
  return { algorithms: ["HS256"], finders: keys.map((key) => () => key), generation: () => 0 };
}

/** Keys of a JSON Web Key Set (RFC 7517), as text; only public ones of EC P-256 and Ed25519. */
export async function publicKeys(text: string): Promise<VerifyingKeys> {
  try {
    const { keys }: { keys: jose.JWK[] } = JSON.parse(text);
    const ours = keys.filter(({ crv = "", d }) => !d && ["P-256", "Ed25519"].includes(crv));
    if (keys.length === 0 || ours.length < keys.length) throw new TypeError();
    for (const key of keys) await jose.importJWK(key, key.crv === "P-256" ? "ES256" : "EdDSA");
    const finders = [jose.createLocalJWKSet({ keys })];
    return { algorithms: ["ES256", "EdDSA"], finders, generation: () => 0 };
  } catch {
    throw new ConfigError('AUTH_JWKS must be {"keys": […]}, all public and P-256 or Ed25519.');
  }
}

/** Keys of a set that is fetched when first needed; the last good one stays while `url` is away. */
export function remoteKeys(url: string, algorithms = ["ES256", "EdDSA"]) {
  const last: jose.ExportedJWKSCache | Record<string, never> = {};
  let tried = -MAX_AGE;
  const load = async (...request: Parameters<typeof fetch>): Promise<Response> => {
    if (Date.now() - tried < (last.uat ? COOLDOWN : RETRY)) throw new TypeError("It is early.");
    tried = Date.now();
    return await fetch(...request);
  };
  const cache = { cacheMaxAge: Infinity, cooldownDuration: COOLDOWN, [jose.jwksCache]: last };
  const set = jose.createRemoteJWKSet(new URL(url), { ...cache, [jose.customFetch]: load });
  const generation = () => {
    if (last.uat !== undefined && Date.now() - tried > MAX_AGE) set.reload().catch(() => {});
    // jose writes it in the same step in which it takes the new keys.
    return last.uat ?? 0;
  };
  const finders: readonly jose.JWTVerifyGetKey[] = [set];
  return { algorithms, finders, generation };
}

/** What a JWT says, or a stable word for why it is a bad one, and what was expected. */
export type Verified =
  | { readonly claims: jose.JWTPayload; readonly reason: null }
  | { readonly claims: null; readonly reason: string };

const bad = (reason: string): Verified => ({ claims: null, reason });

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
      return protectedHeader.crit ? bad("malformed") : { claims: payload, reason: null };
    } catch (error) {
      const code = error instanceof jose.errors.JOSEError ? error.code : "";
      if (/^ERR_(JW[ST]_|JOSE_(ALG|NOT)|JWKS_(NO|MULTIPLE))/.test(code)) {
        reason = tellingReason(reason, reasonOf(error, checks));
        continue;
      }
      throw new Refusal(503, "unavailable", "No keys now. Try again.", { "retry-after": "5" });
    }
  }
  return bad(reason);
}

/** Of several keys, the one that signed it knows best: the others only say that they didn't. */
const tellingReason = (first: string, next: string) =>
  next === "signature" && first !== "malformed" ? first : next;

const CODES: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: "expired",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "signature",
  ERR_JOSE_ALG_NOT_ALLOWED: "algorithm",
  ERR_JWKS_NO_MATCHING_KEY: "unknown_key",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "unknown_key",
};

const CLAIMS: Readonly<Record<string, string>> = {
  iss: "issuer",
  aud: "audience",
  nbf: "not_yet_valid",
  exp: "no_expiry",
  sub: "no_subject",
};

/** A stable word for an error of jose's, with what was expected; nothing of what the token says. */
function reasonOf(error: unknown, { issuer, audience }: jose.JWTVerifyOptions): string {
  if (!(error instanceof jose.errors.JOSEError)) return "malformed";
  if (!(error instanceof jose.errors.JWTClaimValidationFailed)) {
    return CODES[error.code] ?? "malformed";
  }
  const reason = CLAIMS[error.claim] ?? "malformed";
  if (reason === "issuer") return `issuer, not ${issuer}`;
  return reason === "audience" ? `audience, not ${audience}` : reason;
}
