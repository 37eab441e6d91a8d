import type { TokenChecks } from "../shared/claims.ts";
import { ConfigError } from "../shared/config_error.ts";
import type { VerifyingKeys } from "../shared/keys.ts";
import { writeQuery } from "../shared/query.ts";
import { type Env, optional, readNumber, readSwitch, readUrl, required } from "./env.ts";

/** What a proxy is configured with. */
export interface ProxyConfig {
  /** Electric, or the CDN in front of it. */
  readonly electricUrl: string;
  /** Our own pieces of Electric's query. */
  readonly electricQuery: readonly string[];
  /** Whether Electric knows `queryable_columns`, as it does since 1.6.10. */
  readonly hidesColumns: boolean;
  /** Milliseconds until Electric's response must begin; a long poll takes 20 s. */
  readonly timeout: number;
  /** Whether compressed responses pass as they are; `fetch` inflates them otherwise. */
  readonly unopened: boolean;
  /** What a token must be signed with. */
  readonly keys: VerifyingKeys;
  /** What a token must say. */
  readonly token: TokenChecks;
}

/** How a proxy learns which tokens are revoked; times in seconds. */
export interface RevocationsConfig {
  /** Where an edge fetches the list; without it, an edge knows of none. */
  readonly url: string | null;
  /** Between two fetches, at least. */
  readonly interval: number;
  /** After which a list is too old. */
  readonly maxAge: number;
  /** Whether nobody is let in without a list that is young enough. */
  readonly required: boolean;
}

/** Reads what the gatekeeper's proxy and the edge share; throws {@link ConfigError}. */
export function readProxyConfig(env: Env, keys: VerifyingKeys): ProxyConfig {
  return {
    electricUrl: readUrl("ELECTRIC_URL", required(env, "ELECTRIC_URL", "Electric or its CDN")),
    electricQuery: writeQuery([
      ["secret", optional(env, "ELECTRIC_SECRET")],
      ["source_id", optional(env, "ELECTRIC_SOURCE_ID")],
    ]),
    hidesColumns: readHidesColumns(env),
    timeout: 1000 * readNumber(env, "ELECTRIC_TIMEOUT", 30, 1, 600),
    unopened: readSwitch(env, "ELECTRIC_PASS_COMPRESSED", 0),
    keys,
    token: readTokenChecks(env),
  };
}

/** Reads how a proxy learns which tokens are revoked; throws {@link ConfigError}. */
export function readRevocationsConfig(env: Env): RevocationsConfig {
  const url = optional(env, "AUTH_REVOCATIONS_URL");
  const interval = readNumber(env, "AUTH_REVOCATIONS_INTERVAL", 10, 1, 3600);
  const maxAge = readNumber(env, "AUTH_REVOCATIONS_MAX_AGE", 3600, 1, 86400);
  // Else a list would be too old before the next one comes, or after one fetch that fails.
  if (maxAge < 3 * interval) {
    throw new ConfigError(
      "AUTH_REVOCATIONS_MAX_AGE must be at least three times AUTH_REVOCATIONS_INTERVAL.",
    );
  }
  return {
    url: url === undefined ? null : readUrl("AUTH_REVOCATIONS_URL", url),
    interval,
    maxAge,
    required: readSwitch(env, "AUTH_REVOCATIONS_REQUIRED", 1),
  };
}

/** The first Electric that knows `queryable_columns`. */
const HIDES_COLUMNS_SINCE = "1.6.10";

function readHidesColumns(env: Env): boolean {
  const version = optional(env, "ELECTRIC_VERSION") ?? HIDES_COLUMNS_SINCE;
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new ConfigError("ELECTRIC_VERSION is like 1.6.10.");
  return sortable(version) >= sortable(HIDES_COLUMNS_SINCE);
}

/** A version as a text that sorts as versions do: the first localeCompare takes 7 ms of a cold start. */
function sortable(version: string): string {
  return version.replace(/\d+/g, (number) => number.padStart(4, "0"));
}

function readTokenChecks(env: Env): TokenChecks {
  const clockTolerance = readNumber(env, "AUTH_CLOCK_TOLERANCE", 5, 0, 300);
  const issuer = optional(env, "AUTH_ISSUER");
  const audience = optional(env, "AUTH_AUDIENCE");
  return {
    clockTolerance,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
}
