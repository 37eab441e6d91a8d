/** Milliseconds between two looks at the requests that are under way. */
const TICK = 100;

/**
 * Gives what begins to wait for upstream on a client's behalf: a `signal` that aborts when the client
 * leaves, or after `timeout` milliseconds, unless `settle` is called before. One clock looks after all requests, as
 * a timer for each costs a tenth of a quick request; and only clients that wait are watched, from the
 * second look on, as that costs half of one. With `eager` they are watched from the start.
 */
export function createPatience(timeout: number, eager: boolean) {
  const waiting = new Set<() => void>();
  let ticking = false;

  function tick() {
    for (const look of waiting) look();
    ticking = waiting.size > 0;
    // Not setTimeout, whose first call takes 4 ms of a cold start.
    if (ticking) AbortSignal.timeout(TICK).addEventListener("abort", tick);
  }

  return (request: Request) => {
    const [began, abort] = [Date.now(), new AbortController()];
    // The first look may come at once.
    let looks = eager ? 1 : 0;
    const look = () => {
      if (Date.now() - began > timeout) abort.abort();
      if (++looks !== 2) return;
      request.signal.addEventListener("abort", () => abort.abort());
      if (request.signal.aborted) abort.abort();
    };
    if (eager) look();
    waiting.add(look);
    if (!ticking) tick();
    return { signal: abort.signal, settle: () => waiting.delete(look) };
  };
}
