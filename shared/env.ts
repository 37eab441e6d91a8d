/** Looks up an environment variable. */
export type Env = (name: string) => string | undefined;

/** A variable that is missing or unusable; the message names it and says what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "invalid_config";
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

/** Where a server listens: `HOST`, by default all addresses, as containers need; and `PORT`. */
export function readAddress(env: Env, fallbackPort: number): { host: string; port: number } {
  const host = optional(env, "HOST") ?? "0.0.0.0";
  return { host, port: readNumber(env, "PORT", fallbackPort, 0, 65535) };
}
