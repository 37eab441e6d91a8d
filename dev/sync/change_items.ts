import type { Sql } from "./connection.ts";
import { includes, type Row } from "./evaluate.ts";
import type { Offset } from "./offset.ts";
import { changeKey } from "./row_key.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import type { Change, Transaction } from "./transaction.ts";

/** One message of a shape's log, ready to send. */
export interface LogItem {
  readonly offset: Offset;
  readonly json: string;
}

interface Draft {
  readonly op: number;
  readonly operation: "insert" | "update" | "delete";
  readonly key: string;
  readonly value: Record<string, string | null>;
  readonly extra?: { readonly key_change_to: string } | { readonly key_change_from: string };
  readonly oldValue?: Record<string, string | null>;
}

/**
 * What a transaction means to a shape: rows outside its clause are left out, one that moves in
 * becomes an insert and one that moves out a delete. Rejects when Postgres can't be asked.
 */
export async function changeItems(
  sql: Sql,
  shape: ShapeDefinition,
  transaction: Transaction,
): Promise<LogItem[]> {
  const changes = transaction.changes.filter(({ relation, kind }) =>
    relation.oid === shape.table.oid && kind !== "truncate"
  );
  const isInside = await evaluateRows(sql, shape, changes);
  const drafts = changes.flatMap((change) => draftChange(shape, change, isInside));
  return drafts.map((draft, i) => toLogItem(shape, transaction, draft, i === drafts.length - 1));
}

/** Evaluates the clause for all old and new rows at once. */
async function evaluateRows(sql: Sql, shape: ShapeDefinition, changes: readonly Change[]) {
  const { where } = shape;
  if (where === undefined) return () => true;
  const rows = changes.flatMap((change) => [
    ..."old" in change ? [change.old] : [],
    ..."row" in change ? [change.row] : [],
  ]);
  const answers = await includes(sql, where, rows);
  const inside = new Set(rows.filter((_, i) => answers[i]));
  return (row: Row) => inside.has(row);
}

function draftChange(
  shape: ShapeDefinition,
  change: Change,
  isInside: (row: Row) => boolean,
): Draft[] {
  const { op } = change;
  switch (change.kind) {
    case "insert":
      return isInside(change.row) ? [insert(shape, op, change.row)] : [];
    case "delete":
      return isInside(change.old) ? [remove(shape, op, change.old)] : [];
    case "update": {
      const [before, after] = [isInside(change.old), isInside(change.row)];
      if (before && after) return update(shape, op, change.old, change.row);
      if (before) return [remove(shape, op, change.old)];
      return after ? [insert(shape, op, change.row)] : [];
    }
    case "truncate":
      return [];
  }
}

function insert(shape: ShapeDefinition, op: number, row: Row): Draft {
  const value = pick(row, shape.columns);
  return { op, operation: "insert", key: changeKey(shape.table, row), value };
}

function remove(shape: ShapeDefinition, op: number, old: Row): Draft {
  const columns = shape.replica === "full" ? shape.columns : keyColumns(shape);
  return { op, operation: "delete", key: changeKey(shape.table, old), value: pick(old, columns) };
}

function update(shape: ShapeDefinition, op: number, old: Row, row: Row): Draft[] {
  const [oldKey, key] = [changeKey(shape.table, old), changeKey(shape.table, row)];
  if (oldKey !== key) {
    return [
      { ...remove(shape, op, old), extra: { key_change_to: key } },
      { ...insert(shape, op + 1, row), extra: { key_change_from: oldKey } },
    ];
  }
  const changed = shape.columns.filter((name) => old.get(name) !== row.get(name));
  if (changed.length === 0) return [];
  if (shape.replica === "full") {
    const value = pick(row, shape.columns);
    return [{ op, operation: "update", key, value, oldValue: pick(old, changed) }];
  }
  const shown = new Set([...keyColumns(shape), ...changed]);
  const value = pick(row, shape.columns.filter((name) => shown.has(name)));
  return [{ op, operation: "update", key, value }];
}

function keyColumns({ table, columns }: ShapeDefinition): string[] {
  return columns.filter((name) => table.key.includes(name));
}

function pick(row: Row, columns: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(columns.map((name) => [name, row.get(name) ?? null]));
}

function toLogItem(
  { table }: ShapeDefinition,
  { lsn, xid }: Transaction,
  draft: Draft,
  isLast: boolean,
): LogItem {
  const headers = {
    ...(isLast && { last: true }),
    relation: [table.schema, table.table],
    operation: draft.operation,
    lsn: `${lsn}`,
    op_position: draft.op,
    txids: [xid],
    ...draft.extra,
  };
  const { value, key, oldValue } = draft;
  const json = JSON.stringify({ value, key, headers, ...(oldValue && { old_value: oldValue }) });
  return { offset: { lsn, op: draft.op }, json };
}
