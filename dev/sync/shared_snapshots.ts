import type { Sql } from "./connection.ts";
import { parseLsn } from "./replication.ts";
import type { Dependency } from "./subquery_plan.ts";
import { toView, type Tuple, type Views } from "./views.ts";
import { isVisible, parseSnapshot, type PgSnapshot } from "./visibility.ts";

/** Queries within one snapshot. */
export type SnapshotSql = Pick<Sql, "unsafe">;

/** A moment of the database, and the values that subqueries give in it. */
export interface ViewsAt {
  readonly sql: SnapshotSql;
  readonly snapshot: PgSnapshot;
  /** Every commit that the snapshot shows lies before it in the log. */
  readonly lsn: bigint;
  readonly views: Views;
}

interface Reading {
  /** The transaction that it is about, which its snapshot must show. */
  readonly xid: number;
  readonly dependencies: readonly Dependency[];
  /** Rejects when the snapshot can't be read any more; otherwise it has told its caller. */
  readonly run: (at: ViewsAt) => Promise<void>;
  readonly fail: (error: unknown) => void;
  isDone: boolean;
}

const BEGIN = "isolation level repeatable read read only";
/** Milliseconds until the next look for a transaction that isn't shown yet. */
const PAUSE_MS = 1;
/** Subqueries that one statement reads. */
const CHUNK = 50;

/**
 * Reads subqueries. What is asked for at once, as by all shapes that one transaction concerns, is
 * read in one snapshot and each subquery once, so that hundreds of shapes cost a few statements.
 */
export class SharedSnapshots {
  readonly #sql: Sql;
  #waiting: Reading[] = [];

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Calls `use` within a snapshot that shows a transaction, which was committed. Rejects with Postgres's error,
   * also with that of `use`.
   */
  read<Result>(
    xid: number,
    dependencies: readonly Dependency[],
    use: (at: ViewsAt) => Promise<Result>,
  ): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const reading: Reading = {
      xid,
      dependencies,
      run: async (at) => {
        const result = await use(at);
        reading.isDone = true;
        resolve(result);
      },
      fail: reject,
      isDone: false,
    };
    this.#waiting.push(reading);
    // Not a microtask: the other shapes come to this only after a few of those.
    if (this.#waiting.length === 1) setTimeout(() => this.#readAll(), 0);
    return promise;
  }

  async #readAll(): Promise<void> {
    const readings = this.#waiting;
    this.#waiting = [];
    try {
      await this.#readTogether(readings);
    } catch (error) {
      const undone = readings.filter(({ isDone }) => !isDone);
      if (readings.length === 1) return undone.forEach(({ fail }) => fail(error));
      // One that fails (a division by zero) ends the snapshot of all: each on its own, then.
      for (const reading of undone) await this.#readTogether([reading]).catch(reading.fail);
    }
  }

  async #readTogether(readings: readonly Reading[]): Promise<void> {
    // The stream has a commit a moment before new snapshots show it.
    while (!await this.#readIfShown(readings)) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Reads, unless the snapshot doesn't show all that it must; tells whether it did. */
  #readIfShown(readings: readonly Reading[]): Promise<boolean> {
    return this.#sql.begin(BEGIN, async (sql) => {
      const [at] = await sql<{ snapshot: string; lsn: string }[]>`
        select pg_current_snapshot()::text as snapshot, pg_current_wal_flush_lsn()::text as lsn`;
      if (at === undefined) throw new Error("Postgres answered nothing");
      const [snapshot, lsn] = [parseSnapshot(at.snapshot), parseLsn(at.lsn)];
      if (!readings.every(({ xid }) => isVisible(xid, snapshot))) return false;
      const values = await readValues(sql, readings.flatMap(({ dependencies }) => dependencies));
      for (const { dependencies, run } of readings) {
        const views = dependencies.map((one) => toView(values.get(one.sql) ?? [], one));
        await run({ sql, snapshot, lsn, views });
      }
      return true;
    });
  }
}

/** What subqueries give, by their SQL. */
export async function readValues(
  sql: SnapshotSql,
  dependencies: readonly Dependency[],
): Promise<ReadonlyMap<string, Tuple[]>> {
  const distinct = [...new Map(dependencies.map((one) => [one.sql, one])).values()];
  const values = new Map<string, Tuple[]>();
  for (let start = 0; start < distinct.length; start += CHUNK) {
    const chunk = distinct.slice(start, start + CHUNK);
    const query = chunk.map((one, i) => `select ${i}::text as at, (${asJson(one)}) as rows`);
    const rows = await sql.unsafe<{ at: string; rows: string | null }[]>(
      query.join("\nunion all "),
    );
    for (const { at, rows: json } of rows) {
      const tuples: Tuple[] = json === null ? [] : JSON.parse(json);
      values.set(chunk[Number(at)]?.sql ?? "", tuples);
    }
  }
  return values;
}

function asJson({ sql, columns }: Dependency): string {
  const names = columns.map((_, i) => `v${i}`);
  const row = `json_build_array(${names.map((name) => `${name}::text`).join(", ")})`;
  const values = `(\n${sql}\n) as v(${names.join(", ")})`;
  return `select json_agg(${row} order by ${names.join(", ")})::text from ${values}`;
}
