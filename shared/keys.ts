import { createLocalJWKSet, type CryptoKey, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";

/** The key that signs new tokens. */
export interface SigningKey {
  readonly algorithm: "HS256" | "ES256" | "EdDSA";
  readonly key: Uint8Array | CryptoKey;
  readonly id?: string;
}

/** The keys that tokens may be signed with; no algorithm beyond theirs is accepted. */
export interface VerifyingKeys {
  readonly algorithms: string[];
  /** Tried in turn, for secrets have no ids. */
  readonly finders: readonly JWTVerifyGetKey[];
}

/** Keys of shared secrets: the first signs, all verify, so that secrets can be rotated. */
export function secretKeys(secrets: readonly string[]): VerifyingKeys {
  const encoder = new TextEncoder();
  const finders = secrets.map((secret) => {
    const key = encoder.encode(secret);
    return () => key;
  });
  return { algorithms: ["HS256"], finders };
}

/** Keys of a JSON Web Key Set (RFC 7517) with public keys only. */
export function publicKeys(set: JSONWebKeySet): VerifyingKeys {
  return { algorithms: ["ES256", "EdDSA"], finders: [createLocalJWKSet(set)] };
}
