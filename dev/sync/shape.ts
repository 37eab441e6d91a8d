import { changeItems, type LogItem } from "./change_items.ts";
import type { Sql } from "./connection.ts";
import { BEFORE_CHANGES, compareOffsets, type Offset } from "./offset.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import { takeSnapshot } from "./snapshot.ts";
import { isSameTable } from "./table.ts";
import type { Transaction } from "./transaction.ts";
import { isVisible, type PgSnapshot } from "./visibility.ts";

/** One shape while it lives: its snapshot, its log, and who waits for its next change. */
export class Shape {
  readonly handle: string;
  readonly definition: ShapeDefinition;
  /** Rejects with Postgres's error when the snapshot can't be taken. */
  readonly ready: Promise<void>;
  readonly #sql: Sql;
  readonly #onDrop: () => void;
  readonly #waiting = new Set<() => void>();
  readonly #log: LogItem[] = [];
  #initial: readonly string[] = [];
  #snapshot: PgSnapshot | undefined;
  #isDropped = false;
  #queue: Promise<void>;

  /**
   * Starts taking the snapshot. `publish` resolves when the table's changes are in the stream;
   * those that the snapshot shows already are left out of the log.
   */
  constructor(options: {
    handle: string;
    definition: ShapeDefinition;
    sql: Sql;
    publish: () => Promise<void>;
    /** Called once, when the shape is over. */
    onDrop: () => void;
  }) {
    this.handle = options.handle;
    this.definition = options.definition;
    this.#sql = options.sql;
    this.#onDrop = options.onDrop;
    this.ready = this.#load(options.publish);
    this.#queue = this.ready.catch(() => this.drop());
  }

  /** Whether it still follows its table; a dropped shape's clients must fetch anew. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  get isReady(): boolean {
    return this.#snapshot !== undefined;
  }

  /** Where its log ends. */
  get lastOffset(): Offset {
    return this.#log.at(-1)?.offset ?? BEFORE_CHANGES;
  }

  /** The initial snapshot's messages, its `snapshot-end` included. */
  get initial(): readonly string[] {
    return this.#initial;
  }

  /** The log's messages after an offset. */
  since(offset: Offset): string[] {
    const first = this.#log.findLastIndex((item) => compareOffsets(item.offset, offset) <= 0) + 1;
    return this.#log.slice(first).map(({ json }) => json);
  }

  /** Takes a transaction in; resolves when the log has it. */
  apply(transaction: Transaction): Promise<void> {
    this.#queue = this.#queue.then(() => this.#apply(transaction)).catch(() => this.drop());
    return this.#queue;
  }

  /** Ends the shape: its table isn't what it was, or changes were missed. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    this.#onDrop();
    this.#wake();
  }

  /** Calls `wake` once, at the next change or the shape's end; the function returned calls it off. */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  async #load(publish: () => Promise<void>): Promise<void> {
    await publish();
    const { rows, snapshot } = await takeSnapshot(this.#sql, this.definition);
    const headers = {
      control: "snapshot-end",
      xip_list: snapshot.running.map(String),
      xmax: `${snapshot.xmax}`,
      xmin: `${snapshot.xmin}`,
    };
    this.#initial = [...rows, JSON.stringify({ headers })];
    this.#snapshot = snapshot;
  }

  async #apply(transaction: Transaction): Promise<void> {
    if (this.#isDropped || this.#snapshot === undefined) return;
    if (isVisible(transaction.xid, this.#snapshot)) return;
    const { table } = this.definition;
    for (const { relation, kind } of transaction.changes) {
      if (relation.oid !== table.oid) continue;
      if (kind === "truncate" || !isSameTable(table, relation)) return this.drop();
    }
    const items = await changeItems(this.#sql, this.definition, transaction);
    if (items.length === 0) return;
    this.#log.push(...items);
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
