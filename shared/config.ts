import type { Pair } from "./query.ts";
import type { Electric } from "./upstream.ts";

/** Looks up an environment variable. */
export type Env = (name: string) => string | undefined;

/** A variable that is missing or unusable; the message names it and says what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "invalid_config";
}

/** What a proxy is configured with, besides its keys. */
export interface ProxyConfig {
  readonly electric: Electric;
  /** Milliseconds that Electric may take until its response begins; a long poll takes 20 s. */
  readonly timeout: number;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Seconds that clocks may differ. */
  readonly clockTolerance: number;
}

/** Reads what the gatekeeper's proxy and the edge share; throws {@link ConfigError}. */
export function readProxyConfig(env: Env): ProxyConfig {
  const url = required(env, "ELECTRIC_URL", "Electric, or to the CDN in front of it");
  const pairs: Pair[] = [
    ["secret", optional(env, "ELECTRIC_SECRET") ?? ""],
    ["source_id", optional(env, "ELECTRIC_SOURCE_ID") ?? ""],
  ];
  return {
    electric: {
      url: readUrl("ELECTRIC_URL", url),
      pairs: pairs.filter(([, value]) => value),
      hidesColumns: readVersion(env) >= 1_006_010,
    },
    timeout: 1000 * readNumber(env, "ELECTRIC_TIMEOUT", 30, 1, 600),
    issuer: optional(env, "AUTH_ISSUER"),
    audience: optional(env, "AUTH_AUDIENCE"),
    clockTolerance: readNumber(env, "AUTH_CLOCK_TOLERANCE", 5, 0, 300),
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

/** `ELECTRIC_VERSION` as a number that grows with it: 1.6.10 is 1006010. Unset, it is a current one. */
function readVersion(env: Env): number {
  const version = optional(env, "ELECTRIC_VERSION") ?? "999.0.0";
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(version)?.slice(1);
  if (parts === undefined) throw new ConfigError("ELECTRIC_VERSION must be like 1.6.10.");
  return parts.reduce((sum, part) => sum * 1000 + Number(part), 0);
}
