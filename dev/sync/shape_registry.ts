import type { Sql } from "./connection.ts";
import type { Publication } from "./publication.ts";
import { Shape } from "./shape.ts";
import { SharedSnapshots } from "./shared_snapshots.ts";
import {
  newHandle,
  type ShapeDefinition,
  shapeHash,
  shapeKey,
  tablesOf,
} from "./shape_definition.ts";
import type { Transaction } from "./transaction.ts";

/** What a registry calls. */
export interface RegistryEvents {
  /** Hears of the tables of each shape that ends, since they may not be what they were. */
  readonly onTableChanged: (oid: number) => void;
  /** Asks the stream how far it is; the answer comes by `reached`. */
  readonly stir: () => void;
}

/** The shapes that live, one a definition. */
export class ShapeRegistry {
  readonly #shapes = new Map<string, Shape>();
  readonly #reader: Sql;
  readonly #publication: Publication;
  readonly #snapshots: SharedSnapshots;
  readonly #events: RegistryEvents;

  constructor(reader: Sql, publication: Publication, events: RegistryEvents) {
    this.#reader = reader;
    this.#publication = publication;
    this.#snapshots = new SharedSnapshots(reader);
    this.#events = events;
  }

  /** The shape of this definition, if it lives. */
  find(definition: ShapeDefinition): Shape | undefined {
    return this.#shapes.get(shapeKey(definition));
  }

  /** The shape with this handle, if it lives. */
  findByHandle(handle: string): Shape | undefined {
    return [...this.#shapes.values()].find((shape) => shape.handle === handle);
  }

  /** The shape of this definition, made now if there is none. */
  get(definition: ShapeDefinition): Shape {
    const key = shapeKey(definition);
    const found = this.#shapes.get(key);
    if (found !== undefined) return found;
    const tables = tablesOf(definition);
    const shape = new Shape({
      handle: newHandle(key),
      definition,
      sql: this.#reader,
      snapshots: this.#snapshots,
      publish: async () => {
        for (const table of tables) await this.#publication.add(table);
      },
      stir: this.#events.stir,
      onDrop: () => {
        this.#shapes.delete(key);
        for (const { oid } of tables) this.#events.onTableChanged(oid);
      },
    });
    this.#shapes.set(key, shape);
    return shape;
  }

  /**
   * The shape for a request that resumes with a handle: the one that has it when the hashes of the two
   * definitions agree, as in Electric, which compares no more than these; otherwise this definition's.
   */
  resume(definition: ShapeDefinition, handle: string): Shape {
    const named = [...this.#shapes.values()].find((shape) => shape.handle === handle);
    const agree = handle.startsWith(`${shapeHash(shapeKey(definition))}-`);
    return agree && named !== undefined ? named : this.get(definition);
  }

  /** Gives a transaction to every shape; resolves when those that are served already have it. */
  async apply(transaction: Transaction): Promise<void> {
    const oids = new Set(transaction.changes.map(({ relation }) => relation.oid));
    const served: Promise<void>[] = [];
    for (const shape of this.#shapes.values()) {
      if (!shape.tables.some(({ oid }) => oids.has(oid))) continue;
      // One whose snapshot is still running must not hold up the others.
      const { isReady } = shape;
      const applied = shape.apply(transaction);
      if (isReady) served.push(applied);
    }
    await Promise.all(served);
  }

  /** Tells every shape that the stream has delivered all commits before `lsn`. */
  reached(lsn: bigint): void {
    for (const shape of this.#shapes.values()) shape.reached(lsn);
  }

  /** Ends the shapes that read one table. */
  dropTable(oid: number): void {
    for (const shape of [...this.#shapes.values()]) {
      if (shape.tables.some((table) => table.oid === oid)) shape.drop();
    }
  }

  /** Ends all shapes: changes may have been missed. */
  dropAll(): void {
    for (const shape of [...this.#shapes.values()]) shape.drop();
  }
}
