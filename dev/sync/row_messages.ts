import type { Row } from "./evaluate.ts";
import { quoteIdentifier } from "./identifier.ts";
import { flagsSql, readFlags } from "./membership_sql.ts";
import { snapshotKey } from "./row_key.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import type { Tagger } from "./tags.ts";

/** Headers of a snapshot's messages beside those that all have. */
export interface Marks {
  readonly snapshot_mark?: number;
  readonly is_move_in?: true;
}

/** A row and its message. */
export interface RowMessage {
  readonly row: Row;
  readonly json: string;
}

/** Selects what {@link rowMessages} needs from `rows`, a query that gives all columns. */
export function selectRows(
  shape: ShapeDefinition,
  rows: string,
  conditions: readonly string[],
): string {
  const wanted = selectedColumns(shape).map((name) => {
    const quoted = quoteIdentifier(name);
    const type = shape.table.columns.find((column) => column.name === name)?.type;
    // A cast from char(n) to text strips its padding; concat doesn't.
    return type === "bpchar"
      ? `case when ${quoted} is not null then concat(${quoted}, '') end`
      : `${quoted}::text`;
  });
  if (conditions.length > 0) wanted.push(flagsSql(conditions));
  return `select ${wanted.join(", ")} from (${rows}) as chosen`;
}

/** Writes a row that {@link selectRows} selected as an insert. */
export function rowMessages(shape: ShapeDefinition, tagger: Tagger | undefined, marks: Marks) {
  const { table, columns } = shape;
  const selected = selectedColumns(shape);
  const common = JSON.stringify({
    relation: [table.schema, table.table],
    operation: "insert",
    ...marks,
  });
  return (cells: readonly unknown[]): RowMessage => {
    const row: Row = new Map(selected.map((name, i) => [name, toCell(cells[i])]));
    const value = Object.fromEntries(columns.map((name) => [name, row.get(name) ?? null]));
    const key = JSON.stringify(snapshotKey(table, row));
    const flags = toCell(cells[selected.length]) ?? "";
    const headers = tagger === undefined ? common : withTags(common, tagger.tagsOf(row), flags);
    return { row, json: `{"key":${key},"value":${JSON.stringify(value)},"headers":${headers}}` };
  };
}

function withTags(headers: string, tags: readonly string[], flags: string): string {
  const conditions = JSON.stringify(readFlags(flags));
  return `{"active_conditions":${conditions},"tags":${JSON.stringify(tags)},${headers.slice(1)}`;
}

/** The shape's columns, its key's where it has no primary key and not all columns, and what tags tell. */
function selectedColumns({ columns, table, where }: ShapeDefinition): string[] {
  const tested = where?.subqueries?.positions.flatMap((position) =>
    position.kind === "member" ? position.tested.map(({ name }) => name) : []
  );
  return [...new Set([...columns, ...table.key, ...tested ?? []])];
}

function toCell(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
