import { Refusal } from "./refusal.ts";

/** Milliseconds after which a request counts as slow. Electric, or a CDN, mostly answers in less. */
const SLOW = 200;

/** A request that waits for Electric's response to begin. */
class Wait {
  readonly abort = new AbortController();
  readonly #since = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly request: Request) {}

  get age(): number {
    return performance.now() - this.#since;
  }

  /** From now on, ends when the client leaves. */
  watchClient(): void {
    const { abort, request: { signal } } = this;
    signal.addEventListener("abort", () => abort.abort());
    if (signal.aborted) abort.abort();
  }

  /** From now on, ends `timeout` milliseconds after it began. */
  watchClock(timeout: number): void {
    const headers = { "retry-after": "5" };
    const late = new Refusal(
      504,
      "upstream_timeout",
      "Electric took too long. Try again.",
      headers,
    );
    this.#timer = setTimeout(() => this.abort.abort(late), timeout - this.age);
  }

  settle(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Lets requests wait for at most `timeout` milliseconds, and for no longer than their clients do.
 * Both cost more than a quick request does otherwise, so only those that turn out to be slow get a
 * timer and a look at their client; until then, one timer does for all. `early`: the runtime must
 * be asked about the client at once.
 */
export function createPatience(timeout: number, early: boolean) {
  const fresh = new Set<Wait>();
  let ticking = false;

  function tick(): void {
    for (const wait of fresh) {
      if (wait.age < SLOW / 2) break;
      fresh.delete(wait);
      wait.watchClock(timeout);
      if (!early) wait.watchClient();
    }
    ticking = fresh.size > 0;
    if (ticking) setTimeout(tick, SLOW / 2);
  }

  /** Gives what `ask` gives; its signal aborts with a 504 {@link Refusal} when that takes too long. */
  return async <T>(request: Request, ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const wait = new Wait(request);
    if (early) wait.watchClient();
    fresh.add(wait);
    if (!ticking) setTimeout(tick, SLOW / 2);
    ticking = true;
    try {
      return await ask(wait.abort.signal);
    } finally {
      fresh.delete(wait);
      wait.settle();
    }
  };
}
