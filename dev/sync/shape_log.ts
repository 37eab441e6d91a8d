import { BEFORE_CHANGES, compareOffsets, type Offset } from "./offset.ts";

/** One message of a shape's log, ready to send. */
export interface LogItem {
  readonly offset: Offset;
  readonly json: string;
}

/** What changed in a shape since its snapshot. */
export class ShapeLog {
  readonly #items: LogItem[] = [];

  /** Where it ends. */
  get lastOffset(): Offset {
    return this.#items.at(-1)?.offset ?? BEFORE_CHANGES;
  }

  /** The messages after an offset. */
  since(offset: Offset): string[] {
    const first = this.#items.findLastIndex((item) => compareOffsets(item.offset, offset) <= 0) + 1;
    return this.#items.slice(first).map(({ json }) => json);
  }

  /** Appends changes, which have their own offsets. */
  append(items: readonly LogItem[]): void {
    this.#items.push(...items);
  }

  /** Appends what no change says; it follows the last one's offset, as Electric counts. */
  appendMessages(messages: readonly string[]): void {
    for (const json of messages) {
      const { lsn, op } = this.lastOffset;
      const offset = op === Infinity ? { lsn: lsn + 1n, op: 0 } : { lsn, op: op + 1 };
      this.#items.push({ offset, json });
    }
  }
}
