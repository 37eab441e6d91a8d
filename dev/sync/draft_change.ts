import type { Row, Verdict } from "./evaluate.ts";
import { changeKey } from "./row_key.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import type { Tagger } from "./tags.ts";
import type { Change } from "./transaction.ts";

/** A shape's rows as a transaction changes them. */
export interface Changing {
  readonly shape: ShapeDefinition;
  readonly tagger: Tagger | undefined;
  readonly verdictOf: (row: Row) => Verdict;
}

/** A message of a row's change, not written yet. */
export interface Draft {
  readonly op: number;
  readonly operation: "insert" | "update" | "delete";
  readonly key: string;
  readonly value: Record<string, string | null>;
  readonly tags: TagHeaders | undefined;
  readonly extra?: { readonly key_change_to: string } | { readonly key_change_from: string };
  readonly oldValue?: Record<string, string | null>;
}

/** Why a row is in a shape with subqueries. */
interface TagHeaders {
  readonly tags: readonly string[];
  readonly active_conditions: readonly boolean[];
  readonly removed_tags?: readonly string[];
}

/** What one change means to a shape: none, one or, where the key changes, two messages. */
export function draftChange(changing: Changing, change: Change): Draft[] {
  const { op } = change;
  const isInside = (row: Row) => changing.verdictOf(row).isInside;
  switch (change.kind) {
    case "insert":
      return isInside(change.row) ? [insert(changing, op, change.row)] : [];
    case "delete":
      return isInside(change.old) ? [remove(changing, op, change.old)] : [];
    case "update": {
      const [before, after] = [isInside(change.old), isInside(change.row)];
      if (before && after) return update(changing, op, change.old, change.row);
      if (before) return [remove(changing, op, change.old)];
      return after ? [insert(changing, op, change.row)] : [];
    }
    case "truncate":
      return [];
  }
}

function insert(changing: Changing, op: number, row: Row): Draft {
  const { shape } = changing;
  const value = pick(row, shape.columns);
  const tags = tagHeaders(changing, row);
  return { op, operation: "insert", key: changeKey(shape.table, row), value, tags };
}

function remove(changing: Changing, op: number, old: Row): Draft {
  const { shape } = changing;
  const value = pick(old, shape.replica === "full" ? shape.columns : keyColumns(shape));
  const tags = tagHeaders(changing, old);
  return { op, operation: "delete", key: changeKey(shape.table, old), value, tags };
}

function update(changing: Changing, op: number, old: Row, row: Row): Draft[] {
  const { shape, tagger } = changing;
  const [oldKey, key] = [changeKey(shape.table, old), changeKey(shape.table, row)];
  if (oldKey !== key) {
    return [
      { ...remove(changing, op, old), extra: { key_change_to: key } },
      { ...insert(changing, op + 1, row), extra: { key_change_from: oldKey } },
    ];
  }
  const changed = shape.columns.filter((name) => old.get(name) !== row.get(name));
  // With subqueries, what a row has in other columns may be why it is here.
  if (changed.length === 0 && tagger === undefined) return [];
  const tags = tagHeaders(changing, row, old);
  if (shape.replica === "full") {
    const value = pick(row, shape.columns);
    return [{ op, operation: "update", key, value, tags, oldValue: pick(old, changed) }];
  }
  const shown = new Set([...keyColumns(shape), ...changed]);
  const value = pick(row, shape.columns.filter((name) => shown.has(name)));
  return [{ op, operation: "update", key, value, tags }];
}

function tagHeaders({ tagger, verdictOf }: Changing, row: Row, old?: Row): TagHeaders | undefined {
  if (tagger === undefined) return undefined;
  const tags = tagger.tagsOf(row);
  const removed = old && tagger.tagsOf(old).filter((tag) => !tags.includes(tag));
  return {
    tags,
    active_conditions: verdictOf(row).conditions,
    ...(removed && { removed_tags: removed }),
  };
}

function keyColumns({ table, columns }: ShapeDefinition): string[] {
  return columns.filter((name) => table.key.includes(name));
}

function pick(row: Row, columns: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(columns.map((name) => [name, row.get(name) ?? null]));
}
