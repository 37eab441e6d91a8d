import type { VerifyingKeys } from "./keys.ts";
import { writeQuery } from "./query.ts";

/** Looks up an environment variable. */
export type Env = (name: string) => string | undefined;

/** A variable that is missing or unusable; the message names it and says what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "invalid_config";
}

/**
 * What a proxy is configured with.
 * - `electricUrl`: Electric, or the CDN in front of it; `electricQuery`: our own pieces of its query
 * - `hidesColumns`: whether Electric knows `queryable_columns`, as it does since 1.6.10
 * - `timeout`: milliseconds until Electric's response must begin; a long poll takes 20 s
 * - `unopened`: whether compressed responses pass as they are; `fetch` inflates them otherwise
 * - `keys`, `token`: what a token must be signed with, and what it must say
 */
export type ProxyConfig = Readonly<ReturnType<typeof readProxyConfig>>;

/** Reads what the gatekeeper's proxy and the edge share; throws {@link ConfigError}. */
export function readProxyConfig(env: Env, keys: VerifyingKeys) {
  const electricUrl = readUrl("ELECTRIC_URL", required(env, "ELECTRIC_URL", "Electric or its CDN"));
  const [secret, source] = [optional(env, "ELECTRIC_SECRET"), optional(env, "ELECTRIC_SOURCE_ID")];
  const electricQuery = writeQuery([["secret", secret], ["source_id", source]]);
  const version = optional(env, "ELECTRIC_VERSION") ?? "1.6.10";
  // Padded, to compare as texts: the first localeCompare takes 7 ms of a cold start.
  const hidesColumns = version.replace(/\d+/g, (n) => n.padStart(4, "0")) >= "0001.0006.0010";
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new ConfigError("ELECTRIC_VERSION is like 1.6.10.");
  const timeout = 1000 * readNumber(env, "ELECTRIC_TIMEOUT", 30, 1, 600);
  const unopened = readNumber(env, "ELECTRIC_PASS_COMPRESSED", 0, 0, 1) === 1;
  const clockTolerance = readNumber(env, "AUTH_CLOCK_TOLERANCE", 5, 0, 300);
  const [issuer, audience] = [optional(env, "AUTH_ISSUER"), optional(env, "AUTH_AUDIENCE")];
  const token = { clockTolerance, ...(issuer && { issuer }), ...(audience && { audience }) };
  return { electricUrl, electricQuery, hidesColumns, timeout, unopened, keys, token };
}

/** A variable's value, or `undefined` where it is unset or empty. */
export const optional = (env: Env, name: string) => env(name)?.trim() || undefined;

/** A variable's value; `hint` says what to set it to. */
export function required(env: Env, name: string, hint: string): string {
  const value = optional(env, name);
  if (value === undefined) throw new ConfigError(`${name} is missing: set it to ${hint}.`);
  return value;
}

/** An http or https URL without its trailing slash. */
export function readUrl(name: string, value: string): string {
  if (/^https?:\/\/[^?#@]+$/.test(value) && URL.canParse(value)) return value.replace(/\/+$/, "");
  throw new ConfigError(`${name} must be a plain URL such as http://localhost:3000.`);
}

/** A whole number from `min` to `max`. */
export function readNumber(env: Env, name: string, fallback: number, min: number, max: number) {
  const value = Number(optional(env, name) ?? fallback);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigError(`${name} must be a whole number from ${min} to ${max}.`);
}
