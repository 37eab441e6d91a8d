import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type ExportedJWKSCache,
  jwksCache,
  type JWTVerifyGetKey,
} from "jose";
import { ConfigError, type Env, optional, readUrl, required } from "./config.ts";
import { Refusal } from "./refusal.ts";

/** Milliseconds between two fetches of a key set: when a key is missing, and at the latest. */
const [COOLDOWN, MAX_AGE] = [30_000, 600_000];

/** The keys that tokens may be signed with; no algorithm beyond theirs is accepted. */
export interface VerifyingKeys {
  readonly algorithms: string[];
  /** Tried in turn, for secrets have no ids. */
  readonly finders: readonly JWTVerifyGetKey[];
  /** Changes when the keys change; asking keeps a remote set fresh. */
  readonly generation: () => number;
}

/** Reads a verifier's keys, of one kind: two kinds at once could be confused with each other. */
export function readKeys(env: Env): VerifyingKeys {
  const kinds = ["AUTH_SECRET", "AUTH_JWKS", "AUTH_JWKS_URL"].filter((name) => optional(env, name));
  if (kinds.length > 1) throw new ConfigError(`Set only one of ${kinds.join(" and ")}.`);
  if (kinds[0] === "AUTH_JWKS") return publicKeys(optional(env, "AUTH_JWKS") ?? "");
  const url = optional(env, "AUTH_JWKS_URL");
  return url === undefined
    ? secretKeys(readSecrets(env))
    : remoteKeys(readUrl("AUTH_JWKS_URL", url));
}

/** `AUTH_SECRET` and, still good for verifying, those of `AUTH_SECRET_PREVIOUS`. */
export function readSecrets(env: Env): [string, ...string[]] {
  const hint = "a random text of at least 32 bytes, the same for gatekeeper and proxies " +
    "(openssl rand -base64 32 prints one)";
  const current = required(env, "AUTH_SECRET", hint);
  const previous = optional(env, "AUTH_SECRET_PREVIOUS")?.split(/\s+/) ?? [];
  for (const secret of [current, ...previous]) {
    if (new TextEncoder().encode(secret).length < 32 || /^(\{|-----BEGIN)/.test(secret)) {
      throw new ConfigError(`AUTH_SECRET is too short, or isn't a secret: set it to ${hint}.`);
    }
  }
  return [current, ...previous];
}

/** Keys of shared secrets, all of which verify, so that secrets can be rotated. */
export function secretKeys(secrets: readonly string[]): VerifyingKeys {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret));
  return { algorithms: ["HS256"], finders: keys.map((key) => () => key), generation: () => 0 };
}

/** Keys of a JSON Web Key Set (RFC 7517), as text; only public ones of EC P-256 and Ed25519. */
export function publicKeys(text: string): VerifyingKeys {
  try {
    const { keys } = JSON.parse(text);
    const fit = keys.every((key: JsonWebKey) =>
      ["P-256", "Ed25519"].includes(key.crv ?? "") && !key.d
    );
    if (!fit || keys.length === 0) throw new TypeError();
    const finders = [createLocalJWKSet({ keys })];
    return { algorithms: ["ES256", "EdDSA"], finders, generation: () => 0 };
  } catch {
    throw new ConfigError(
      'AUTH_JWKS must be {"keys": […]} with public P-256 or Ed25519 keys only.',
    );
  }
}

/** Keys of a set that is fetched when first needed; the last good one stays while `url` is away. */
export function remoteKeys(url: string): VerifyingKeys {
  const last: ExportedJWKSCache | Record<string, never> = {};
  let tried = -MAX_AGE;
  const load = async (...request: Parameters<typeof fetch>): Promise<Response> => {
    const early = Date.now() - tried < COOLDOWN;
    tried = early ? tried : Date.now();
    const response = early ? undefined : await fetch(...request).catch(() => undefined);
    if (response?.status === 200) return response;
    await response?.body?.cancel();
    const headers = { "retry-after": "5" };
    throw new Refusal(503, "unavailable", "The keys can't be fetched. Try again.", headers);
  };
  const set = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Infinity,
    cooldownDuration: COOLDOWN,
    [customFetch]: load,
    [jwksCache]: last,
  });
  return {
    algorithms: ["ES256", "EdDSA"],
    finders: [set],
    generation: () => {
      if (last.uat !== undefined && Date.now() - tried > MAX_AGE) set.reload().catch(() => {});
      // jose writes it in the same step in which it takes the new keys.
      return last.uat ?? 0;
    },
  };
}
