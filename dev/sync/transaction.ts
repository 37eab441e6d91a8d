import type { Row } from "./evaluate.ts";
import type { Cell, Message, Relation } from "./pgoutput.ts";

/** One row's change, or a truncated table. `op` is its even place in the transaction. */
export type Change =
  & { readonly op: number; readonly relation: Relation }
  & (
    | { readonly kind: "insert"; readonly row: Row }
    | { readonly kind: "update"; readonly old: Row; readonly row: Row }
    | { readonly kind: "delete"; readonly old: Row }
    | { readonly kind: "truncate" }
  );

/** A committed transaction. */
export interface Transaction {
  readonly lsn: bigint;
  /** Where its commit ends in the log. */
  readonly endLsn: bigint;
  readonly xid: number;
  readonly changes: readonly Change[];
}

/** Gathers the stream's messages into whole transactions. */
export class TransactionBuilder {
  readonly #relations = new Map<number, Relation>();
  #open: { lsn: bigint; xid: number; changes: Change[] } | undefined;

  /** Takes the next message; gives the transaction when it was its commit. */
  push(message: Message): Transaction | undefined {
    if (message.kind === "relation") {
      this.#relations.set(message.relation.oid, message.relation);
    } else if (message.kind === "begin") {
      this.#open = { lsn: message.lsn, xid: message.xid, changes: [] };
    } else if (message.kind === "commit") {
      const done = this.#open;
      this.#open = undefined;
      return done && { ...done, endLsn: message.endLsn };
    } else {
      this.#pushChange(message);
    }
    return undefined;
  }

  #pushChange(message: Message): void {
    const open = this.#open;
    if (open === undefined) return;
    const oids = message.kind === "truncate" ? message.oids : "oid" in message ? [message.oid] : [];
    for (const oid of oids) {
      const relation = this.#relations.get(oid);
      if (relation === undefined) continue;
      // Electric counts by two: an update that changes the key becomes two operations.
      const place = { op: open.changes.length * 2, relation };
      if (message.kind === "truncate") open.changes.push({ ...place, kind: "truncate" });
      if (message.kind === "insert") {
        open.changes.push({ ...place, kind: "insert", row: toRow(relation, message.row) });
      }
      if (message.kind === "delete") {
        open.changes.push({ ...place, kind: "delete", old: toRow(relation, message.old) });
      }
      if (message.kind === "update") {
        const old = toRow(relation, message.old ?? []);
        open.changes.push({
          ...place,
          kind: "update",
          old,
          row: toRow(relation, message.row, old),
        });
      }
    }
  }
}

/** An unchanged large value is left out of the new row; the old one has it. */
function toRow(relation: Relation, cells: readonly Cell[], old?: Row): Row {
  return new Map(relation.columns.map(({ name }, i) => {
    const cell = cells[i];
    return [name, cell === undefined ? old?.get(name) ?? null : cell];
  }));
}
