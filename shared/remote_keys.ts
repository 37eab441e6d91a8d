import * as jose from "jose";
import { PUBLIC_KEY_ALGORITHMS, type VerifyingKeys } from "./keys.ts";

/** Milliseconds between two fetches of a key set at least, whatever keys are asked for. */
const PACE = 2000;

/** Milliseconds after which a key set is fetched again though nobody asked for a key that it lacks. */
const MAX_AGE = 600_000;

/** How to fetch a key set. */
export interface RemoteKeysOptions {
  /** The only algorithms that are accepted; none that a public key could be taken for a secret in. */
  readonly algorithms?: readonly string[];
  readonly fetch?: typeof globalThis.fetch;
  /** Whether each request must fetch for itself, as where none may wait for another's answer. */
  readonly isolated?: boolean;
}

/**
 * Keys of a set that is fetched when first needed, and again for a key that it lacks, once in 2 s at
 * most, whatever keys attackers name; the last good one stays while `url` is away.
 */
export function remoteKeys(url: string, options: RemoteKeysOptions = {}): VerifyingKeys {
  const { algorithms = PUBLIC_KEY_ALGORITHMS, fetch = globalThis.fetch, isolated = false } =
    options;
  const last: jose.ExportedJWKSCache | Record<string, never> = {};
  let begun = -MAX_AGE;
  let underWay = 0;

  async function load(...request: Parameters<typeof globalThis.fetch>): Promise<Response> {
    const isFirst = isolated && underWay > 0 && last.uat === undefined;
    if (Date.now() - begun < PACE && !isFirst) throw new TypeError("It is early.");
    begun = Date.now();
    underWay++;
    try {
      return await fetch(...request);
    } finally {
      underWay--;
    }
  }

  const set = jose.createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Infinity,
    cooldownDuration: PACE,
    [jose.jwksCache]: last,
    [jose.customFetch]: load,
  });
  const versionOf = countVersions();

  function generation(): number {
    if (last.uat === undefined) return 0;
    if (Date.now() - begun > MAX_AGE) set.reload().catch(() => {});
    // jose writes it in the same step in which it takes the new keys.
    return versionOf(last.uat, last.jwks);
  }

  return { algorithms: [...algorithms], finders: [set], generation };
}

/** Numbers the contents of a key set: one that was fetched again and is the same keeps its number. */
function countVersions(): (fetchedAt: number, keys: unknown) => number {
  let lastFetchedAt = 0;
  let lastText = "";
  let version = 0;
  return (fetchedAt, keys) => {
    if (fetchedAt === lastFetchedAt) return version;
    lastFetchedAt = fetchedAt;
    const text = JSON.stringify(keys);
    if (text !== lastText) version++;
    lastText = text;
    return version;
  };
}
