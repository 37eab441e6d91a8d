const EPOCH_MS = Date.UTC(2024, 9, 9);
const INTERVAL_S = 20;

/**
 * The `electric-cursor` of a live response: the end of the present 20 s interval, the same for all
 * clients so that a cache can join their requests. A client that had it already gets another one.
 */
export function nextCursor(previous: string | undefined, now = Date.now()): string {
  const seconds = Math.floor((now - EPOCH_MS) / 1000);
  const next = Math.ceil(seconds / INTERVAL_S) * INTERVAL_S;
  const had = previous !== undefined && /^[+-]?\d+$/.test(previous) ? Number(previous) : 0;
  return `${next > had ? next : had + 1 + Math.floor(Math.random() * 3600)}`;
}
