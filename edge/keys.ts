import { ConfigError } from "../shared/config_error.ts";
import { publicKeys, secretKeys, type VerifyingKeys } from "../shared/keys.ts";
import { remoteKeys, type RemoteKeysOptions } from "../shared/remote_keys.ts";
import { type Env, optional, readUrl, required } from "./env.ts";

/** Where a verifier's keys may come from: one of these. */
const SOURCES = ["AUTH_SECRET", "AUTH_JWKS", "AUTH_JWKS_URL"];

/**
 * Reads a verifier's keys, of one kind: two kinds at once could be confused with each other. Throws
 * {@link ConfigError}.
 */
export async function readKeys(env: Env, remote: RemoteKeysOptions = {}): Promise<VerifyingKeys> {
  const given = SOURCES.filter((name) => optional(env, name) !== undefined);
  if (given.length > 1) throw new ConfigError(`Set only one of ${given.join(" and ")}.`);
  const jwks = optional(env, "AUTH_JWKS");
  if (jwks !== undefined) return await publicKeys(jwks);
  const url = optional(env, "AUTH_JWKS_URL");
  if (url !== undefined) return remoteKeys(readUrl("AUTH_JWKS_URL", url), remote);
  return secretKeys(readSecrets(env));
}

/** What a secret must be. */
const HINT = "32 random bytes or more, the same everywhere (openssl rand -base64 32 prints some)";

const MIN_BYTES = 32;

/**
 * `AUTH_SECRET`, which signs, and those that verify besides, so that no request fails while servers
 * follow each other: of `AUTH_SECRET_NEXT`, before they sign, and `AUTH_SECRET_PREVIOUS`, after.
 */
export function readSecrets(env: Env): string[] {
  const current = required(env, "AUTH_SECRET", HINT);
  checkSecret("AUTH_SECRET", current);
  const others = ["AUTH_SECRET_NEXT", "AUTH_SECRET_PREVIOUS"];
  return [current, ...others.flatMap((name) => readSecretList(env, name))];
}

/** Secrets with blanks between them. */
function readSecretList(env: Env, name: string): string[] {
  const secrets = optional(env, name)?.split(/\s+/) ?? [];
  for (const secret of secrets) checkSecret(name, secret);
  return secrets;
}

function checkSecret(name: string, secret: string): void {
  const isPublicKey = /^(\{|-----BEGIN)/.test(secret);
  const isShort = new TextEncoder().encode(secret).length < MIN_BYTES;
  if (!isPublicKey && !isShort) return;
  throw new ConfigError(`${name} is too short, or isn't a secret: set it to ${HINT}.`);
}
