/** What was waited for took longer than it may. */
export class DecisionTimeout extends Error {
  override readonly name = "DecisionTimeout";
  readonly code = "decision_timeout";
}

/** What to do about a decision that takes longer. */
const ADVICE = "does a policy wait for something, or hold its connection for long?";

/** A time that several steps have together; it runs until {@link TimeLimit.end}. */
export class TimeLimit {
  /** Aborts at the end, so that nothing goes on with what is another's by then. */
  readonly over: AbortSignal;
  readonly #end = new AbortController();
  readonly #late: Promise<never>;
  readonly #timer: ReturnType<typeof setTimeout>;

  /** Begins it, in milliseconds. */
  constructor(timeout: number) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.over = this.#end.signal;
    this.#late = promise;
    this.#timer = setTimeout(() => reject(new DecisionTimeout(ADVICE)), timeout);
    // Nobody may be waiting any more.
    promise.catch(() => {});
  }

  /** Waits for work, or throws a {@link DecisionTimeout}. */
  within<Result>(work: Result | Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#late]);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#end.abort();
  }
}
