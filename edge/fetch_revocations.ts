import { readBody } from "../shared/body.ts";
import { type Checks, ISSUER } from "../shared/claims.ts";
import { Refusal } from "../shared/refusal.ts";
import { LIST_TYPE, readList, type RevocationList } from "../shared/revocations.ts";
import { verifyJwt } from "../shared/verify_jwt.ts";
import type { Runtime } from "./runtime.ts";

/** Milliseconds that the gatekeeper may take. */
const LIMIT = 5000;

/** Seconds that a list may seem to be ahead, at least: its `iat` has fractions, and ours has none. */
const TOLERANCE = 5;

/** Longest list that is read, in KiB; a gatekeeper's is at most half as long. */
const MAX_KIB = 3072;

/**
 * Gives what fetches the list of revocations at `url`: signed with a key that signs tokens, by the same
 * issuer for the same audience, and at most `maxAge` seconds old. Throws a {@link Refusal} whose reason
 * is the log's.
 */
export function fetchRevocations(
  url: string,
  maxAge: number,
  { keys, token }: Checks,
  { fetch, watch }: Pick<Runtime, "fetch" | "watch">,
): () => Promise<RevocationList> {
  const clockTolerance = Math.max(TOLERANCE, token.clockTolerance);
  const checks = { issuer: ISSUER, ...token, clockTolerance, typ: LIST_TYPE, maxTokenAge: maxAge };
  return async () => {
    const signal = AbortSignal.timeout(LIMIT);
    const response = await fetch(url, { redirect: "manual", signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw badList(`status ${response.status}`);
    }
    const text = await readBody(response, { watch, within: LIMIT, maxKib: MAX_KIB });
    const { claims, reason } = await verifyJwt(text, keys, checks);
    if (claims === null) throw badList(reason);
    try {
      return readList(claims);
    } catch {
      throw badList("entries");
    }
  };
}

const badList = (reason: string) => new Refusal(502, "bad_list").because(reason);
