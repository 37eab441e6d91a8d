/**
 * A place in a shape's log. `lsn` is the log position of a transaction's commit, `op` the operation
 * in it; the initial snapshot is `0_0`, and `0_inf` stands before every real transaction.
 */
export interface Offset {
  readonly lsn: bigint;
  readonly op: number;
}

/** What a client that has nothing asks for. */
export const BEFORE_ALL: Offset = { lsn: -1n, op: 0 };
/** Where the initial snapshot ends. */
export const SNAPSHOT: Offset = { lsn: 0n, op: 0 };
/** After the snapshot, before the first transaction. */
export const BEFORE_CHANGES: Offset = { lsn: 0n, op: Infinity };

/** Below 0 when `a` is earlier than `b`, above 0 when later. */
export function compareOffsets(a: Offset, b: Offset): number {
  if (a.lsn !== b.lsn) return a.lsn < b.lsn ? -1 : 1;
  return a.op === b.op ? 0 : a.op < b.op ? -1 : 1;
}

/** Writes an offset as the `electric-offset` header does: `-1`, `0_inf`, `27137032_0`. */
export function formatOffset(offset: Offset): string {
  if (offset.lsn < 0n) return "-1";
  return `${offset.lsn}_${offset.op === Infinity ? "inf" : offset.op}`;
}

/** Reads an offset: a place, `"now"`, or undefined when it has neither form. */
export function parseOffset(text: string): Offset | "now" | undefined {
  if (text === "now") return "now";
  if (text === "-1") return BEFORE_ALL;
  const match = /^\+?(\d{1,20})_(?:(\d{1,15})|(inf))$/.exec(text);
  if (match === null) return undefined;
  const [, lsn = "", op] = match;
  return { lsn: BigInt(lsn), op: op === undefined ? Infinity : Number(op) };
}
