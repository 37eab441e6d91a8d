/** Milliseconds between the beginnings of two questions. */
const PACE = 1000;

/**
 * A question to upstream that many clients have at once. One begins in a second at most, however many
 * ask; each ends by itself, so a client that leaves takes no answer away from the others.
 */
export class Question<Answer> {
  #began = -Infinity;
  #last: Promise<Answer> | null = null;
  #next: Promise<Answer> | null = null;

  /** `timeout`: milliseconds until a client gives up; `ask` goes on a little longer. */
  constructor(
    private readonly timeout: number,
    private readonly ask: (signal: AbortSignal) => Promise<Answer>,
  ) {}

  /** The answer, or the one on its way, to a question that began within the last second. */
  recent(): Promise<Answer> | null {
    return Date.now() - this.#began < PACE ? this.#last : null;
  }

  /** The answer to a question that begins from now on: it knows all that upstream said before. */
  next(): Promise<Answer> {
    return this.#next ??= this.#begin();
  }

  async #begin(): Promise<Answer> {
    const wait = Math.max(0, this.#began + PACE - Date.now());
    await new Promise((resolve) => setTimeout(resolve, wait));
    this.#next = null;
    this.#began = Date.now();
    this.#last = this.ask(AbortSignal.timeout(this.timeout + 2 * PACE));
    return await this.#last;
  }
}

/** Waits for an answer as long as the client does; throws what `signal` was aborted with. */
export async function until<Answer>(signal: AbortSignal, promise: Promise<Answer>) {
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  try {
    return await Promise.race([promise, left]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
