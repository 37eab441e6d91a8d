import type { CryptoKey, JWK, JWTVerifyGetKey } from "jose";

/** The key that signs new tokens. */
export interface SigningKey {
  readonly algorithm: "HS256" | "ES256" | "EdDSA";
  readonly key: Uint8Array | CryptoKey;
  readonly id?: string;
}

/** The keys that tokens may be signed with; no algorithm beyond theirs is accepted. */
export interface VerifyingKeys {
  readonly algorithms: readonly string[];
  readonly find: JWTVerifyGetKey;
  /** What may be published of them; empty for secrets. */
  readonly published: readonly JWK[];
}

/** Keys for both ends from one shared secret. */
export function secretKeys(secret: string): { signing: SigningKey; verifying: VerifyingKeys } {
  const key = new TextEncoder().encode(secret);
  return {
    signing: { algorithm: "HS256", key },
    verifying: { algorithms: ["HS256"], find: () => key, published: [] },
  };
}
