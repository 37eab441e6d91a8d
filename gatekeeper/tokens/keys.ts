import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { type Env, optional } from "../../edge/env.ts";
import { readSecrets } from "../../edge/keys.ts";
import { ConfigError } from "../../shared/config_error.ts";
import { publicKeys, secretKeys, type VerifyingKeys } from "../../shared/keys.ts";
import type { SigningKey } from "./sign.ts";

/** What the gatekeeper signs with, verifies with, and publishes at `/.well-known/jwks.json`. */
export interface GatekeeperKeys {
  readonly signing: SigningKey;
  readonly verifying: VerifyingKeys;
  readonly published: readonly JWK[];
}

/**
 * Reads the gatekeeper's keys: `AUTH_SECRET`, or `AUTH_PRIVATE_JWK` (a private key of EC P-256 or
 * Ed25519) with the public keys of earlier ones, and of the next, in `AUTH_JWKS`. Throws {@link ConfigError}.
 */
export async function readGatekeeperKeys(env: Env): Promise<GatekeeperKeys> {
  const text = optional(env, "AUTH_PRIVATE_JWK");
  if (text === undefined) {
    const secrets = readSecrets(env);
    const key = new TextEncoder().encode(secrets[0] ?? "");
    const signing = { header: { alg: "HS256" }, key } as const;
    return { signing, verifying: secretKeys(secrets), published: [] };
  }
  if (optional(env, "AUTH_SECRET") !== undefined) {
    throw new ConfigError("Set only one of AUTH_SECRET and AUTH_PRIVATE_JWK.");
  }
  const { signing, own } = await readPrivateKey(text);
  const earlier = optional(env, "AUTH_JWKS");
  if (earlier !== undefined) await publicKeys(earlier);
  const others: readonly JWK[] = earlier === undefined ? [] : JSON.parse(earlier).keys;
  const published = [own, ...others.filter(({ kid }) => kid !== own.kid)];
  const verifying = await publicKeys(JSON.stringify({ keys: published }));
  return { signing, verifying, published };
}

async function readPrivateKey(text: string): Promise<{ signing: SigningKey; own: JWK }> {
  try {
    const jwk: JWK = JSON.parse(text);
    const alg = jwk.crv === "P-256" ? "ES256" : jwk.crv === "Ed25519" ? "EdDSA" : undefined;
    if (alg === undefined || jwk.d === undefined) throw new TypeError();
    const kid = jwk.kid ?? await calculateJwkThumbprint(jwk);
    const key = await importJWK(jwk, alg);
    // WebCrypto's private keys say that they sign; the public one must not.
    const { d: _private, key_ops: _uses, ...own } = { ...jwk, kid, alg, use: "sig" };
    return { signing: { header: { alg, kid }, key }, own };
  } catch {
    throw new ConfigError(
      "AUTH_PRIVATE_JWK must be a private JWK of EC P-256 or Ed25519; deno task keys prints one.",
    );
  }
}

/** A fresh key pair for {@link readGatekeeperKeys} and a verifier's `AUTH_JWKS`. */
export async function freshKeys(): Promise<{ privateJwk: JWK; jwks: { keys: JWK[] } }> {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const privateJwk = { ...await exportJWK(pair.privateKey), kid, alg: "EdDSA", use: "sig" };
  return { privateJwk, jwks: { keys: [{ ...publicJwk, kid, alg: "EdDSA", use: "sig" }] } };
}
