import type { Refusal } from "../shared/refusal.ts";
import { createSparseLog } from "../shared/sparse_log.ts";

/** What a proxy refuses that its operator should hear of; the rest are a client's slips. */
const TOLD = [401, 403];

/**
 * Tells the log why a proxy refuses tokens, such as `401 expired`: each reason once in 10 s, however
 * many requests there are, for anyone can send bad ones. Never a token, nor anything that a client sent.
 */
export function createRefusalLog(log: (line: string) => void): (refusal: Refusal) => void {
  const sparse = createSparseLog(log);
  return ({ status, reason }) => {
    if (TOLD.includes(status)) sparse(`${status} ${reason}`);
  };
}
