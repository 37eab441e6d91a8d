import type { Sql } from "./connection.ts";
import type { RelationName } from "./identifier.ts";
import { loadTable, type Table } from "./table.ts";

/** A dropped table's shapes are served on for so long, as Electric does for up to a minute. */
const GONE_AFTER_MS = 5000;

/**
 * The tables that shapes were asked for, as the catalogue last described them. The stream says
 * nothing of a dropped table, nor of an altered one before its next change: {@link reconcile} does.
 */
export class TableCache {
  readonly #sql: Sql;
  readonly #tables = new Map<string, Table>();
  readonly #missingSince = new Map<number, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The table of this name; undefined when there is none. */
  async get(name: RelationName): Promise<Table | undefined> {
    const id = JSON.stringify([name.schema, name.table]);
    const known = this.#tables.get(id);
    if (known !== undefined) return known;
    const table = await loadTable(this.#sql, name);
    if (table !== undefined) this.#tables.set(id, table);
    return table;
  }

  /** Forgets a table, so that the next request looks it up again. */
  forget(oid: number): void {
    this.#missingSince.delete(oid);
    for (const [id, table] of this.#tables) if (table.oid === oid) this.#tables.delete(id);
  }

  /** Compares with the catalogue; gives the oids of tables that are no longer what they were. */
  async reconcile(): Promise<number[]> {
    const changed: number[] = [];
    for (const known of [...this.#tables.values()]) {
      const current = await loadTable(this.#sql, known);
      const since = this.#missingSince.get(known.oid) ?? Date.now();
      if (current === undefined) this.#missingSince.set(known.oid, since);
      const isOver = current === undefined
        ? Date.now() - since >= GONE_AFTER_MS
        : JSON.stringify(current) !== JSON.stringify(known);
      if (isOver) changed.push(known.oid);
    }
    return changed;
  }
}
