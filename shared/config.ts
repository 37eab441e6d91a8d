import { secretKeys, type SigningKey, type VerifyingKeys } from "./keys.ts";
import type { Electric } from "./upstream.ts";

/** Looks up an environment variable. */
export type Env = (name: string) => string | undefined;

/** A variable that is missing or unusable; the message names it and says what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "invalid_config";
}

/** What both proxies are configured with. */
export interface ProxyConfig {
  readonly electric: Electric;
  readonly keys: { readonly signing: SigningKey; readonly verifying: VerifyingKeys };
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds. */
  readonly clockTolerance: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Reads what the gatekeeper's proxy and the edge share; throws {@link ConfigError}. */
export function readProxyConfig(env: Env): ProxyConfig {
  const issuer = optional(env, "AUTH_ISSUER");
  const audience = optional(env, "AUTH_AUDIENCE");
  return {
    electric: readElectric(env),
    keys: secretKeys(readSecret(env)),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    clockTolerance: readNumber(env, "AUTH_CLOCK_TOLERANCE", 5, { min: 0, max: 300 }),
    timeout: 1000 * readNumber(env, "ELECTRIC_TIMEOUT", 30, { min: 1, max: 600 }),
  };
}

/** A variable's value, or `undefined` where it is unset or empty. */
export function optional(env: Env, name: string): string | undefined {
  const value = env(name)?.trim();
  return value === "" ? undefined : value;
}

/** An http or https base URL without its trailing slash. */
export function readUrl(name: string, value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(`${name} must be a URL such as http://localhost:3000.`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new ConfigError(`${name} must be a plain URL, without credentials, query or fragment.`);
  }
  return url.href.replace(/\/+$/, "");
}

/** A whole number within bounds. */
export function readNumber(
  env: Env,
  name: string,
  fallback: number,
  { min, max }: { min: number; max: number },
): number {
  const text = optional(env, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

function readElectric(env: Env): Electric {
  const url = optional(env, "ELECTRIC_URL");
  if (url === undefined) {
    throw new ConfigError(
      "ELECTRIC_URL is missing: set it to Electric, or to the CDN in front of it.",
    );
  }
  const secret = optional(env, "ELECTRIC_SECRET");
  const sourceId = optional(env, "ELECTRIC_SOURCE_ID");
  const pairs: [string, string][] = [];
  if (secret !== undefined) pairs.push(["secret", secret]);
  if (sourceId !== undefined) pairs.push(["source_id", sourceId]);
  return { url: readUrl("ELECTRIC_URL", url), pairs };
}

function readSecret(env: Env): string {
  const secret = optional(env, "AUTH_SECRET");
  if (secret === undefined) {
    throw new ConfigError(
      "AUTH_SECRET is missing: set it to a random text of at least 32 bytes, the same for " +
        "gatekeeper and proxies (openssl rand -base64 32 prints one).",
    );
  }
  if (new TextEncoder().encode(secret).byteLength < 32) {
    throw new ConfigError(
      "AUTH_SECRET is too short: it needs at least 32 bytes (openssl rand -base64 32 prints one).",
    );
  }
  return secret;
}
