import { ConfigError, type Env, optional, readNumber, readUrl, required } from "./env.ts";
import type { VerifyingKeys } from "./keys.ts";
import { writeQuery } from "./query.ts";

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
