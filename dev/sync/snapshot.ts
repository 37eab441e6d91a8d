import type { Sql } from "./connection.ts";
import type { Row } from "./evaluate.ts";
import { quoteIdentifier, quoteRelation } from "./identifier.ts";
import { parseLsn } from "./replication.ts";
import { snapshotKey } from "./row_key.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import { parseSnapshot, type PgSnapshot } from "./visibility.ts";
import type { WhereClause } from "./where_clause.ts";

/** The part of a shape that one request asks for, checked. */
export interface Subset {
  readonly where: WhereClause | undefined;
  readonly orderBy: string | undefined;
  readonly limit: bigint | undefined;
  readonly offset: bigint | undefined;
}

/** Rows as messages, and which transactions they show. */
export interface SnapshotRows {
  readonly snapshot: PgSnapshot;
  /** Where the database's log stood. */
  readonly lsn: bigint;
  /** One JSON message a row. */
  readonly rows: readonly string[];
}

/** The rows a shape has now; none when it logs changes only. */
export function takeSnapshot(sql: Sql, shape: ShapeDefinition): Promise<SnapshotRows> {
  const clauses = shape.where === undefined ? [] : [shape.where];
  const query = shape.log === "changes_only" ? undefined : select(shape, clauses, "");
  return readRows(sql, shape, query, {});
}

/** The rows of a subset now, each marked with `mark`. */
export function takeSubset(
  sql: Sql,
  shape: ShapeDefinition,
  subset: Subset,
  mark: number,
): Promise<SnapshotRows> {
  const clauses = [shape.where, subset.where].filter((clause) => clause !== undefined);
  const rest = [
    subset.orderBy === undefined ? "" : `order by ${subset.orderBy}\n`,
    subset.limit === undefined ? "" : `limit ${subset.limit}`,
    subset.offset === undefined ? "" : `offset ${subset.offset}`,
  ].join(" ");
  return readRows(sql, shape, select(shape, clauses, rest), { snapshot_mark: mark });
}

function select(shape: ShapeDefinition, clauses: readonly WhereClause[], rest: string): string {
  const wanted = selectedColumns(shape).map((name) => {
    const quoted = quoteIdentifier(name);
    const type = shape.table.columns.find((column) => column.name === name)?.type;
    // A cast from char(n) to text strips its padding; concat doesn't.
    return type === "bpchar"
      ? `case when ${quoted} is not null then concat(${quoted}, '') end`
      : `${quoted}::text`;
  });
  // Electric puts only the subset's clause in parentheses, so the shape's OR binds less than this AND.
  const [first, ...others] = clauses.map(({ sql }) => sql);
  const where = first === undefined
    ? ""
    : `where ${first}\n${others.map((sql) => `and (\n${sql}\n)`).join(" ")}`;
  // ORDER BY prefers the names of output columns, which are texts here: it belongs further in.
  const rows = `select * from ${quoteRelation(shape.table)} ${where} ${rest}`;
  return `select ${wanted.join(", ")} from (${rows}) as chosen`;
}

/** The shape's columns, and its key's where it has no primary key and not all columns. */
function selectedColumns({ columns, table }: ShapeDefinition): string[] {
  return [...new Set([...columns, ...table.key])];
}

function readRows(
  sql: Sql,
  shape: ShapeDefinition,
  query: string | undefined,
  marks: Record<string, number>,
): Promise<SnapshotRows> {
  const { table, columns } = shape;
  const selected = selectedColumns(shape);
  const headers = JSON.stringify({
    relation: [table.schema, table.table],
    operation: "insert",
    ...marks,
  });
  const toMessage = (cells: readonly unknown[]) => {
    const row: Row = new Map(selected.map((name, i) => [name, toCell(cells[i])]));
    const value = Object.fromEntries(columns.map((name) => [name, row.get(name) ?? null]));
    const key = JSON.stringify(snapshotKey(table, row));
    return `{"key":${key},"value":${JSON.stringify(value)},"headers":${headers}}`;
  };
  return sql.begin("isolation level repeatable read read only", async (transaction) => {
    const [at] = await transaction<{ snapshot: string; lsn: string }[]>`
      select pg_current_snapshot()::text as snapshot, pg_current_wal_lsn()::text as lsn`;
    if (at === undefined) throw new Error("Postgres answered nothing");
    const found = query === undefined ? [] : await transaction.unsafe(query).values();
    return {
      snapshot: parseSnapshot(at.snapshot),
      lsn: parseLsn(at.lsn),
      rows: found.map(toMessage),
    };
  });
}

function toCell(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
