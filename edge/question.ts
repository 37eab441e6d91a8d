/** Milliseconds between the beginnings of two questions. */
const PACE = 1000;

/** How to ask upstream; ends when the signal fires. */
type Ask<Answer> = (signal: AbortSignal) => Promise<Answer>;

/** A question to upstream. A client waits until its `signal` fires, and throws what that says. */
export interface Question<Answer> {
  /** The answer to a question that began within the last second; `null` if there was none. */
  recent(signal: AbortSignal): Promise<Answer> | null;
  /** The answer to a question that begins from now on: it knows all that upstream said before. */
  next(signal: AbortSignal): Promise<Answer>;
}

/**
 * A question that many clients have at once. One begins in a second at most, however many ask, and none
 * when all of them have left. What has begun ends by itself, so a client that leaves takes no answer
 * away from the others.
 */
export class SharedQuestion<Answer> implements Question<Answer> {
  readonly #timeout: number;
  readonly #ask: Ask<Answer>;
  readonly #asking: AbortSignal[] = [];
  #began = -Infinity;
  #last: Promise<Answer> | null = null;
  #next: Promise<Answer> | null = null;

  /** `timeout`: milliseconds until a client gives up; `ask` goes on a little longer. */
  constructor(timeout: number, ask: Ask<Answer>) {
    this.#timeout = timeout;
    this.#ask = ask;
  }

  recent(signal: AbortSignal): Promise<Answer> | null {
    const isOld = Date.now() - this.#began >= PACE;
    return this.#last === null || isOld ? null : until(signal, this.#last);
  }

  next(signal: AbortSignal): Promise<Answer> {
    this.#asking.push(signal);
    this.#next ??= this.#begin();
    return until(signal, this.#next);
  }

  async #begin(): Promise<Answer> {
    const wait = Math.max(0, this.#began + PACE - Date.now());
    await new Promise((resolve) => setTimeout(resolve, wait));
    const asking = this.#asking.splice(0);
    this.#next = null;
    if (asking.every(({ aborted }) => aborted)) throw new Error("nobody asks any more");
    this.#began = Date.now();
    this.#last = this.#ask(AbortSignal.timeout(this.#timeout + 2 * PACE));
    return await this.#last;
  }
}

/** A question that each client asks for itself, where none may wait for what another has begun. */
export class OwnQuestion<Answer> implements Question<Answer> {
  readonly #ask: Ask<Answer>;

  constructor(ask: Ask<Answer>) {
    this.#ask = ask;
  }

  recent(): null {
    return null;
  }

  next(signal: AbortSignal): Promise<Answer> {
    return this.#ask(signal);
  }
}

/** What a promise gives, unless the signal fires before. */
async function until<Answer>(signal: AbortSignal, promise: Promise<Answer>): Promise<Answer> {
  let leave = () => {};
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal.reason);
  });
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  try {
    return await Promise.race([promise, left]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
