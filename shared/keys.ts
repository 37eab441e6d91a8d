import * as jose from "jose";
import { ConfigError } from "./config_error.ts";

/** The keys that tokens may be signed with. */
export interface VerifyingKeys {
  /** No other algorithms are accepted. */
  readonly algorithms: string[];
  /** How to find the key of a token; tried in turn, for secrets have no ids. */
  readonly finders: readonly jose.JWTVerifyGetKey[];
  /** A number that changes when the keys do. Asking for it keeps a set that is fetched fresh. */
  readonly generation: () => number;
}

/** Algorithms of the public keys that tokens of ours are signed with. */
export const PUBLIC_KEY_ALGORITHMS: readonly string[] = ["ES256", "EdDSA"];

/** The curves of those keys. */
const CURVES = ["P-256", "Ed25519"];

/** Keys of shared secrets, all of which verify, so that secrets can be rotated. */
export function secretKeys(secrets: readonly string[]): VerifyingKeys {
  const finders = secrets.map((secret) => {
    const key = new TextEncoder().encode(secret);
    return () => key;
  });
  return { algorithms: ["HS256"], finders, generation: () => 0 };
}

/**
 * Keys of a JSON Web Key Set (RFC 7517), as text; only public ones of EC P-256 and Ed25519. Throws
 * {@link ConfigError} for any other.
 */
export async function publicKeys(text: string): Promise<VerifyingKeys> {
  try {
    const { keys }: { keys: jose.JWK[] } = JSON.parse(text);
    if (keys.length === 0) throw new TypeError("no keys");
    for (const key of keys) await checkPublicKey(key);
    const finders = [jose.createLocalJWKSet({ keys })];
    return { algorithms: [...PUBLIC_KEY_ALGORITHMS], finders, generation: () => 0 };
  } catch {
    throw new ConfigError('AUTH_JWKS must be {"keys": […]}, all public and P-256 or Ed25519.');
  }
}

async function checkPublicKey(key: jose.JWK): Promise<void> {
  if (key.d !== undefined) throw new TypeError("a private key");
  if (!CURVES.includes(key.crv ?? "")) throw new TypeError("another curve");
  await jose.importJWK(key, key.crv === "P-256" ? "ES256" : "EdDSA");
}
