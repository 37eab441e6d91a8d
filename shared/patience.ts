import { Refusal } from "./refusal.ts";

/** Milliseconds after which a request counts as slow. Electric, or a CDN, mostly answers in less. */
const SLOW = 100;

/** A request that waits for Electric's response to begin. */
export class Wait {
  readonly abort = new AbortController();
  readonly since = Date.now();
  timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly request: Request) {}

  /** From now on, ends when the client leaves. */
  watchClient(): void {
    const { abort, request: { signal } } = this;
    signal.addEventListener("abort", () => abort.abort());
    if (signal.aborted) abort.abort();
  }
}

/**
 * Lets requests wait for at most `timeout` milliseconds, and for no longer than their clients do.
 * Both cost more than a quick request does otherwise, so only those that turn out to be slow get a
 * timer and a look at their client; until then, one timer does for all.
 */
export class Patience {
  readonly #fresh = new Set<Wait>();
  #ticking = false;

  /** `early`: the runtime must be asked about a client before the client leaves. */
  constructor(private readonly timeout: number, private readonly early: boolean) {}

  /** Begins a wait; its signal aborts with a 504 {@link Refusal} when it isn't ended in time. */
  begin(request: Request): Wait {
    const wait = new Wait(request);
    if (this.early) wait.watchClient();
    this.#fresh.add(wait);
    if (!this.#ticking) setTimeout(() => this.#tick(), SLOW);
    this.#ticking = true;
    return wait;
  }

  end(wait: Wait): void {
    if (!this.#fresh.delete(wait)) clearTimeout(wait.timer);
  }

  #tick(): void {
    const now = Date.now();
    for (const wait of this.#fresh) {
      if (wait.since + SLOW > now) break;
      this.#fresh.delete(wait);
      wait.timer = setTimeout(() => wait.abort.abort(late()), wait.since + this.timeout - now);
      if (!this.early) wait.watchClient();
    }
    this.#ticking = this.#fresh.size > 0;
    if (this.#ticking) setTimeout(() => this.#tick(), SLOW);
  }
}

function late(): Refusal {
  const headers = { "retry-after": "1" };
  return new Refusal(504, "upstream_timeout", "Electric took too long. Try again.", headers);
}
