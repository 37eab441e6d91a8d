import type { Table } from "./table.ts";
import type { WhereClause } from "./where_clause.ts";

/** What a shape is, checked against the table as it stands. */
export interface ShapeDefinition {
  readonly table: Table;
  readonly where: WhereClause | undefined;
  /** Sorted by name, as Electric shows them. */
  readonly columns: readonly string[];
  /** Columns that a subset's clauses may name; undefined: all. */
  readonly queryable: readonly string[] | undefined;
  readonly replica: "default" | "full";
  readonly log: "full" | "changes_only";
  /** Whether the request listed columns: then a column added later isn't the shape's. */
  readonly listsColumns: boolean;
}

/** Every table whose changes concern a shape: its own and those of its subqueries. */
export function tablesOf({ table, where }: ShapeDefinition): Table[] {
  return [table, ...where?.subqueries?.tables ?? []];
}

/** Equal for two requests that mean the same shape. */
export function shapeKey(definition: ShapeDefinition): string {
  const { where, columns, queryable, replica, log, listsColumns } = definition;
  return JSON.stringify([
    tablesOf(definition).map(({ oid, schema, table, columns, key }) => [
      oid,
      schema,
      table,
      columns.map(({ name, sqlType }) => [name, sqlType]),
      key,
    ]),
    where?.id,
    columns,
    queryable,
    replica,
    log,
    listsColumns,
  ]);
}

let lastMicros = 0;

/**
 * A new handle, `<hash of the shape>-<µs>`: the hash is the same for every life of one shape, the
 * time never comes twice in one process.
 */
export function newHandle(key: string): string {
  const micros = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  lastMicros = Math.max(micros, lastMicros + 1);
  return `${shapeHash(key)}-${lastMicros}`;
}

/** FNV-1a, cut to the 27 bits that Erlang's hash has. */
export function shapeHash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  return value >>> 5;
}
