import { Refusal } from "../../shared/refusal.ts";
import type { Database } from "../database/database.ts";

/** Milliseconds that a list of questions waits for its turn. */
const PATIENCE = 5000;

/**
 * How many lists of questions may have a connection at once: a third of the pool's. One list may hold its
 * connection for ten seconds, and who asks for one shape, or reads what is revoked, shall not wait for it.
 */
export const turnsOf = ({ sql }: Database): number => Math.max(1, Math.floor(sql.options.max / 3));

/** Lets so many work at once; the others wait, first come, first served. */
export class Turns {
  #free: number;
  readonly #patience: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number, patience = PATIENCE) {
    this.#free = count;
    this.#patience = patience;
  }

  /** Works when it has a turn, which ends with the work. Throws a 503 {@link Refusal} if none comes in time. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#turn();
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #turn(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      this.#waiting.delete(begin);
      reject(tooMany());
    }, this.#patience);
    this.#waiting.add(begin);
    return promise;
  }

  /** Gives the turn to whoever has waited the longest. */
  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

function tooMany(): Refusal {
  const message = "Too many lists of shapes are asked for now. Try again in a moment.";
  return new Refusal(503, "unavailable", message, { "retry-after": "5" }).because("busy");
}
