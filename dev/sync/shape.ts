import { changeItems } from "./change_items.ts";
import type { Sql } from "./connection.ts";
import { MovingRows } from "./moving_rows.ts";
import type { Offset } from "./offset.ts";
import { type ShapeDefinition, tablesOf } from "./shape_definition.ts";
import { ShapeLog } from "./shape_log.ts";
import type { SharedSnapshots } from "./shared_snapshots.ts";
import { takeSnapshot } from "./snapshot.ts";
import { snapshotEnd } from "./snapshot_end.ts";
import { isSameTable, type Table } from "./table.ts";
import { Tagger } from "./tags.ts";
import type { Transaction } from "./transaction.ts";
import { isVisible, type PgSnapshot } from "./visibility.ts";

/** What a shape is made with. */
export interface ShapeOptions {
  readonly handle: string;
  readonly definition: ShapeDefinition;
  readonly sql: Sql;
  readonly snapshots: SharedSnapshots;
  /** Resolves when the tables' changes are in the stream. */
  readonly publish: () => Promise<void>;
  /** Asks the stream how far it is. */
  readonly stir: () => void;
  /** Called once, when the shape is over. */
  readonly onDrop: () => void;
}

/** One shape while it lives: its snapshot, its log, and who waits for its next change. */
export class Shape {
  readonly handle: string;
  readonly definition: ShapeDefinition;
  readonly tables: readonly Table[];
  readonly tagger: Tagger | undefined;
  /** Rejects with Postgres's error when the snapshot can't be taken. */
  readonly ready: Promise<void>;
  readonly #options: ShapeOptions;
  readonly #waiting = new Set<() => void>();
  readonly #log = new ShapeLog();
  #moving: MovingRows | undefined;
  #initial: readonly string[] = [];
  #snapshot: PgSnapshot | undefined;
  #isDropped = false;
  #queue: Promise<void>;

  /** Starts taking the snapshot; changes that it shows already are left out of the log. */
  constructor(options: ShapeOptions) {
    const { handle, definition } = options;
    const plan = definition.where?.subqueries;
    this.handle = handle;
    this.definition = definition;
    this.tables = tablesOf(definition);
    this.tagger = plan && new Tagger(handle, plan);
    this.#options = options;
    this.ready = this.#load();
    this.#queue = this.ready.catch(() => this.drop());
  }

  /** Whether it still follows its tables; a dropped shape's clients must fetch anew. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  get isReady(): boolean {
    return this.#snapshot !== undefined;
  }

  /** Where its log ends. */
  get lastOffset(): Offset {
    return this.#log.lastOffset;
  }

  /** The initial snapshot's messages, its `snapshot-end` included. */
  get initial(): readonly string[] {
    return this.#initial;
  }

  /** The log's messages after an offset. */
  since(offset: Offset): string[] {
    return this.#log.since(offset);
  }

  /** Takes a transaction in; resolves when the log has it. */
  apply(transaction: Transaction): Promise<void> {
    return this.#enqueue(() => this.#apply(transaction));
  }

  /** Hears that the stream has delivered all commits before a place in the database's log. */
  reached(lsn: bigint): void {
    if (this.#moving?.isWaiting !== true) return;
    this.#enqueue(() => {
      if (this.#moving?.reached(lsn)) this.#wake();
    });
  }

  /** Ends the shape: a table isn't what it was, or changes were missed. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#options.onDrop();
    this.#wake();
  }

  /** Calls `wake` once, at the next change or the shape's end; the function returned calls it off. */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  async #load(): Promise<void> {
    const { publish, sql, snapshots, stir } = this.#options;
    await publish();
    const { definition, tagger } = this;
    const { rows, snapshot, views } = await takeSnapshot(sql, { definition, tagger });
    this.#initial = [...rows, snapshotEnd(snapshot)];
    this.#snapshot = snapshot;
    const plan = definition.where?.subqueries;
    if (plan === undefined || tagger === undefined) return;
    const log = this.#log;
    const options = { definition, plan, tagger, sql, snapshots, log, stir };
    this.#moving = new MovingRows(options, views, snapshot);
  }

  #enqueue(work: () => Promise<void> | void): Promise<void> {
    this.#queue = this.#queue.then(work).catch(() => this.drop());
    return this.#queue;
  }

  async #apply(transaction: Transaction): Promise<void> {
    if (this.#isDropped || this.#snapshot === undefined) return;
    if (isVisible(transaction.xid, this.#snapshot)) return;
    for (const { relation, kind } of transaction.changes) {
      const table = this.tables.find(({ oid }) => oid === relation.oid);
      if (table === undefined) continue;
      if (kind === "truncate" || !isSameTable(table, relation)) return this.drop();
    }
    const { lastOffset } = this;
    if (this.#moving === undefined) {
      this.#log.append(await changeItems(this.#options.sql, this.definition, transaction));
    } else if (!await this.#moving.apply(transaction)) {
      return this.drop();
    }
    if (this.lastOffset !== lastOffset) this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
