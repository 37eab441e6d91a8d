import { Refusal } from "./refusal.ts";

/**
 * Lets requests wait for at most `timeout` milliseconds: gives what starts a wait and ends it. All
 * wait equally long, so one timer, for the oldest, does for all.
 */
export function createDeadlines(timeout: number) {
  const waiting = new Map<AbortController, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function sweep(): void {
    const headers = { "retry-after": "5" };
    const late = new Refusal(
      504,
      "upstream_timeout",
      "Electric took too long. Try again.",
      headers,
    );
    const now = performance.now();
    for (const [abort, since] of waiting) {
      if (since + timeout > now) {
        timer = setTimeout(sweep, since + timeout - now);
        return;
      }
      waiting.delete(abort);
      abort.abort(late);
    }
    timer = undefined;
  }

  return {
    /** Aborts `abort` with a 504 {@link Refusal} unless it is settled in time. */
    start(abort: AbortController): void {
      waiting.set(abort, performance.now());
      timer ??= setTimeout(sweep, timeout);
    },
    settle(abort: AbortController): void {
      waiting.delete(abort);
      if (waiting.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
