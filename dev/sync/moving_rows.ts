import { changeItems } from "./change_items.ts";
import type { Sql } from "./connection.ts";
import { findMoves, type Moves, type MovingShape } from "./moves.ts";
import { changeKey } from "./row_key.ts";
import type { ShapeLog } from "./shape_log.ts";
import type { SharedSnapshots } from "./shared_snapshots.ts";
import { snapshotEnd } from "./snapshot_end.ts";
import type { Transaction } from "./transaction.ts";
import type { Views } from "./views.ts";
import { isVisible, type PgSnapshot } from "./visibility.ts";

/** Rows that are read and wait for the log to come to what they show. */
interface Waiting {
  readonly moves: Moves;
  readonly xids: number[];
}

/** What following a shape with subqueries needs. */
export interface MovingOptions extends MovingShape {
  readonly sql: Sql;
  readonly snapshots: SharedSnapshots;
  readonly log: ShapeLog;
  /** Asks the stream how far it is. */
  readonly stir: () => void;
}

/**
 * Keeps the log of a shape with subqueries. When a transaction changes a table of theirs, they are
 * read anew, with the rows that move in. What moves out is logged at once, before that transaction,
 * as Electric does. What was read may show later transactions too: until the log has those, changes
 * are judged by what held before and after alike, and only then the rows are logged. So whoever
 * applies the log has at each point the rows that its views give, none lost and none twice.
 */
export class MovingRows {
  readonly #options: MovingOptions;
  readonly #innerTables: ReadonlySet<number>;
  #views: Views;
  /** The snapshot in which the subqueries were last read. */
  #snapshot: PgSnapshot;
  #waiting: Waiting | undefined;
  /** Keys of the rows that moved in last. */
  #movedIn: ReadonlySet<string> = new Set();

  constructor(options: MovingOptions, views: Views, snapshot: PgSnapshot) {
    this.#options = options;
    this.#innerTables = new Set(options.plan.tables.map(({ oid }) => oid));
    this.#views = views;
    this.#snapshot = snapshot;
  }

  /** Whether rows wait to be logged. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * Logs what a transaction changes; false when the shape must start anew. Rejects when Postgres
   * can't be asked.
   */
  async apply(transaction: Transaction): Promise<boolean> {
    const isShown = isVisible(transaction.xid, this.#snapshot);
    if (!isShown) this.#moveIn();
    const isInner = transaction.changes.some(({ relation }) => this.#innerTables.has(relation.oid));
    if (isInner && isShown) this.#waiting?.xids.push(transaction.xid);
    if (isInner && !isShown && !await this.#read(transaction)) return false;
    const { sql, definition, tagger, log } = this.#options;
    const membership = { views: this.#views, tagger };
    // Seldom a transaction comes behind one that the snapshot doesn't show and is shown itself.
    const isKnown = (key: string) => isShown && this.#movedIn.has(key);
    log.append(await changeItems(sql, definition, transaction, membership, isKnown));
    this.reached(transaction.endLsn);
    if (this.isWaiting) this.#options.stir();
    return true;
  }

  /** Logs the rows that wait, when the stream has delivered all that they show; tells whether it did. */
  reached(lsn: bigint): boolean {
    if (this.#waiting === undefined || lsn < this.#waiting.moves.lsn) return false;
    this.#moveIn();
    return true;
  }

  async #read({ xid }: Transaction): Promise<boolean> {
    const { snapshots, plan, log } = this.#options;
    const moves = await snapshots.read(
      xid,
      plan.dependencies,
      (at) => findMoves(this.#options, this.#views, at),
    );
    if (moves === undefined) return false;
    log.appendMessages(moves.outs.map((patterns) => eventMessage("move-out", [xid], patterns)));
    this.#views = moves.between;
    this.#snapshot = moves.snapshot;
    this.#movedIn = new Set();
    if (moves.ins.length > 0) this.#waiting = { moves, xids: [xid] };
    else this.#views = moves.after;
    return true;
  }

  #moveIn(): void {
    if (this.#waiting === undefined) return;
    const { moves, xids } = this.#waiting;
    const txids = xids.toSorted((a, b) => a - b);
    for (const { patterns, rows } of moves.ins) {
      const end = rows.length === 0 ? [] : [snapshotEnd(moves.snapshot)];
      const messages = rows.map(({ json }) => json);
      const event = eventMessage("move-in", txids, patterns);
      this.#options.log.appendMessages([event, ...messages, ...end]);
    }
    const { table } = this.#options.definition;
    const movedIn = moves.ins.flatMap(({ rows }) => rows.map(({ row }) => changeKey(table, row)));
    this.#movedIn = new Set(movedIn);
    this.#views = moves.after;
    this.#waiting = undefined;
  }
}

function eventMessage(event: string, txids: readonly number[], patterns: readonly unknown[]) {
  return JSON.stringify({ headers: { event, txids, patterns } });
}
