/** What a Postgres snapshot sees, from `pg_current_snapshot()`. */
export interface PgSnapshot {
  /** Every transaction below it had ended. */
  readonly xmin: bigint;
  /** No transaction from it on had started. */
  readonly xmax: bigint;
  /** Those between the two that were still running. */
  readonly running: readonly bigint[];
}

/** Reads `xmin:xmax:xip,…`. Throws when the text has another form. */
export function parseSnapshot(text: string): PgSnapshot {
  const match = /^(\d+):(\d+):([\d,]*)$/.exec(text);
  if (match === null) throw new Error(`Not a Postgres snapshot: ${text}`);
  const [, xmin = "", xmax = "", running = ""] = match;
  return {
    xmin: BigInt(xmin),
    xmax: BigInt(xmax),
    running: running === "" ? [] : running.split(",").map(BigInt),
  };
}

/**
 * Whether a committed transaction's changes are already in the snapshot. The stream knows only the
 * lower 32 bits of a transaction id, so the comparison is Postgres's own: modulo 2^32.
 */
export function isVisible(xid: number, snapshot: PgSnapshot): boolean {
  if (isBefore(xid, snapshot.xmin)) return true;
  if (!isBefore(xid, snapshot.xmax)) return false;
  return !snapshot.running.some((id) => Number(BigInt.asUintN(32, id)) === xid);
}

function isBefore(xid: number, limit: bigint): boolean {
  return ((xid - Number(BigInt.asUintN(32, limit))) | 0) < 0;
}
