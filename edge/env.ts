import { ConfigError } from "../shared/config_error.ts";

/** Looks up an environment variable. */
export type Env = (name: string) => string | undefined;

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
  const isPlain = /^https?:\/\/[^?#@]+$/.test(value) && URL.canParse(value);
  if (!isPlain) throw new ConfigError(`${name} must be a plain URL such as http://localhost:3000.`);
  return value.replace(/\/+$/, "");
}

/** A whole number from `min` to `max`. */
export function readNumber(
  env: Env,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const value = Number(optional(env, name) ?? fallback);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigError(`${name} must be a whole number from ${min} to ${max}.`);
}

/** A switch: 1 is on, 0 is off. */
export function readSwitch(env: Env, name: string, fallback: 0 | 1): boolean {
  return readNumber(env, name, fallback, 0, 1) === 1;
}

/** Where a server listens: `HOST`, by default all addresses, as containers need; and `PORT`. */
export function readAddress(env: Env, fallbackPort: number): { host: string; port: number } {
  const host = optional(env, "HOST") ?? "0.0.0.0";
  return { host, port: readNumber(env, "PORT", fallbackPort, 0, 65535) };
}
