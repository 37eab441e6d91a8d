import type { ChangeMessage } from "@electric-sql/client";
import type { Sql } from "postgres";

/** Milliseconds between two transactions. */
const PAUSE = 5;

/** A writer that goes on until it is stopped; see {@link writeSteadily}. */
export interface Load extends AsyncDisposable {
  /** Every change it committed, in order, as {@link inWords} writes them. */
  readonly writes: readonly string[];
  pause(): void;
  resume(): void;
  /** Waits for that many more changes. */
  written(more: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Writes to a table `(id int primary key, n int)`: in each transaction an insert, in some also an
 * update and a delete of earlier rows. No two changes look alike. Failed transactions are skipped,
 * so that it goes on over a restart of Postgres.
 */
export function writeSteadily(sql: Sql, table: string): Load {
  const writes: string[] = [];
  let paused = false;
  let stopped = false;
  const done = (async () => {
    for (let i = 1; !stopped;) {
      try {
        if (!paused) writes.push(...await writeOnce(sql, table, i++));
      } catch {
        // Postgres is away; what the transaction would have changed isn't expected then.
      }
      await sleep(PAUSE);
    }
  })();
  const stop = () => {
    stopped = true;
    return done;
  };
  const pause = () => void (paused = true);
  const resume = () => void (paused = false);
  const written = async (more: number) => {
    const enough = writes.length + more;
    while (writes.length < enough && !stopped) await sleep(PAUSE);
  };
  return { writes, pause, resume, written, stop, [Symbol.asyncDispose]: stop };
}

/** A change as the client got it, in the words of {@link Load.writes}. */
export function inWords({ value, headers }: ChangeMessage): string {
  const n = headers.operation === "delete" ? "" : ` ${value["n"]}`;
  return `${headers.operation} ${value["id"]}${n}`;
}

async function writeOnce(sql: Sql, table: string, i: number): Promise<string[]> {
  return await sql.begin(async (tx) => {
    await tx`insert into ${tx(table)} values (${i}, ${i})`;
    const changes = [`insert ${i} ${i}`];
    if (i % 3 === 0) {
      await tx`update ${tx(table)} set n = ${-i} where id = ${i - 1}`;
      changes.push(`update ${i - 1} ${-i}`);
    }
    if (i % 5 === 0) {
      await tx`delete from ${tx(table)} where id = ${i - 4}`;
      changes.push(`delete ${i - 4}`);
    }
    return changes;
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
