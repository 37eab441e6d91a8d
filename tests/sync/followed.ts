import {
  isChangeMessage,
  type Row,
  ShapeStream,
  type ShapeStreamOptions,
} from "@electric-sql/client";

/** The official client on one shape, with its rows as they stand and every message it got. */
export interface Followed {
  readonly stream: ShapeStream;
  readonly rows: ReadonlyMap<string, Row>;
  /** `insert "public"."t"/"1"`, one a message, in order. */
  readonly operations: string[];
  /** Resolves when the rows fulfil the condition; rejects after 5 s or with the stream's error. */
  until(condition: (rows: ReadonlyMap<string, Row>) => boolean): Promise<void>;
  /** Unsubscribes and lets go of the connection. */
  [Symbol.dispose](): void;
}

const PATIENCE_MS = 5000;

/** Follows a shape. A must-refetch empties the rows, as the client's own `Shape` does. */
export function follow(options: ShapeStreamOptions): Followed {
  const aborter = new AbortController();
  const stream = new ShapeStream({ ...options, signal: aborter.signal });
  const rows = new Map<string, Row>();
  const operations: string[] = [];
  const waiting = new Set<() => void>();
  let failure: Error | undefined;
  const stop = stream.subscribe((messages) => {
    for (const message of messages) {
      if (isChangeMessage(message)) {
        const { key, value, headers: { operation } } = message;
        operations.push(`${operation} ${key}`);
        if (operation === "delete") rows.delete(key);
        else rows.set(key, { ...rows.get(key), ...value });
      } else if (message.headers.control === "must-refetch") {
        operations.push("must-refetch");
        rows.clear();
      }
    }
    for (const wake of waiting) wake();
  }, (error) => {
    failure = error;
    for (const wake of waiting) wake();
  });

  const until = (condition: (rows: ReadonlyMap<string, Row>) => boolean) =>
    new Promise<void>((resolve, reject) => {
      const finish = (end: () => void) => {
        clearTimeout(timer);
        waiting.delete(check);
        end();
      };
      const check = () => {
        if (failure !== undefined) finish(() => reject(failure));
        else if (condition(rows)) finish(resolve);
      };
      const timer = setTimeout(() => {
        const seen = JSON.stringify([...rows.values()].slice(0, 20));
        finish(() => reject(new Error(`still not so after ${PATIENCE_MS} ms: ${seen}`)));
      }, PATIENCE_MS);
      waiting.add(check);
      check();
    });

  return {
    stream,
    rows,
    operations,
    until,
    [Symbol.dispose]() {
      stop();
      aborter.abort();
    },
  };
}
