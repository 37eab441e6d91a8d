import { secretKeys, type VerifyingKeys } from "./keys.ts";
import type { Pair } from "./query.ts";
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
  /** HS256 secrets, the signing one first. */
  readonly secrets: readonly [string, ...string[]];
  readonly keys: VerifyingKeys;
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
  const secrets = [readSecret(env)] as const;
  return {
    electric: readElectric(env),
    secrets,
    keys: secretKeys(secrets),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    clockTolerance: readNumber(env, "AUTH_CLOCK_TOLERANCE", 5, 0, 300),
    timeout: 1000 * readNumber(env, "ELECTRIC_TIMEOUT", 30, 1, 600),
  };
}

/** A variable's value, or `undefined` where it is unset or empty. */
export function optional(env: Env, name: string): string | undefined {
  return env(name)?.trim() || undefined;
}

/** A variable's value; `hint` says what to set it to. */
export function required(env: Env, name: string, hint: string): string {
  const value = optional(env, name);
  if (value === undefined) throw new ConfigError(`${name} is missing: set it to ${hint}.`);
  return value;
}

/** An http or https base URL without its trailing slash. */
export function readUrl(name: string, value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || /[?#@]/.test(value)) {
    throw new ConfigError(`${name} must be a plain URL such as http://localhost:3000.`);
  }
  return url.href.replace(/\/+$/, "");
}

/** A whole number from `min` to `max`. */
export function readNumber(env: Env, name: string, fallback: number, min: number, max: number) {
  const value = Number(optional(env, name) ?? fallback);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigError(`${name} must be a whole number from ${min} to ${max}.`);
}

function readElectric(env: Env): Electric {
  const url = required(env, "ELECTRIC_URL", "Electric, or to the CDN in front of it");
  const pairs = [
    ["secret", optional(env, "ELECTRIC_SECRET")],
    ["source_id", optional(env, "ELECTRIC_SOURCE_ID")],
  ] as const;
  const set = pairs.flatMap(([name, value]): Pair[] => value === undefined ? [] : [[name, value]]);
  return { url: readUrl("ELECTRIC_URL", url), pairs: set };
}

function readSecret(env: Env): string {
  const hint = "a random text of at least 32 bytes, the same for gatekeeper and proxies " +
    "(openssl rand -base64 32 prints one)";
  const secret = required(env, "AUTH_SECRET", hint);
  if (new TextEncoder().encode(secret).byteLength >= 32) return secret;
  throw new ConfigError(`AUTH_SECRET is too short: set it to ${hint}.`);
}
