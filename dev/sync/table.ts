import type { Sql } from "./connection.ts";
import type { RelationName } from "./identifier.ts";
import type { Relation } from "./pgoutput.ts";

/** A column as the catalogue describes it. */
export interface Column {
  readonly name: string;
  /** Name of the type; of an array, that of its elements. */
  readonly type: string;
  readonly typeOid: number;
  /** The type as SQL, with its modifiers: `character(4)`. */
  readonly sqlType: string;
  readonly typeMod: number;
  readonly dimensions: number;
  readonly notNull: boolean;
  readonly generated: boolean;
  /** Place in the primary key, from 0. */
  readonly pkIndex: number | undefined;
}

/** A table that shapes can be made of. */
export interface Table extends RelationName {
  readonly oid: number;
  /** In the table's order. */
  readonly columns: readonly Column[];
  /** Names of the primary key's columns, in its order; without one, of all columns. */
  readonly key: readonly string[];
  /** Schemas whose names a reader must be able to resolve: the table's and its types'. */
  readonly schemas: readonly string[];
}

interface ColumnRow {
  oid: string;
  name: string;
  type: string;
  type_oid: string;
  type_schema: string;
  sql_type: string;
  type_mod: string;
  dimensions: string;
  not_null: string;
  generated: string;
  pk_index: string | null;
}

/** Looks a table up; undefined when there is none of that name, or it is a view. */
export async function loadTable(sql: Sql, name: RelationName): Promise<Table | undefined> {
  const rows = await sql<ColumnRow[]>`
    select c.oid::text, a.attname as name, a.atttypid::text as type_oid,
      case when a.attndims = 0 then t.typname else e.typname end as type,
      n.nspname as type_schema,
      format_type(a.atttypid, a.atttypmod) as sql_type, a.atttypmod::text as type_mod,
      a.attndims::text as dimensions, a.attnotnull::text as not_null,
      (a.attgenerated <> '')::text as generated,
      array_position(i.indkey, a.attnum)::text as pk_index
    from pg_class c
    join pg_namespace s on s.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    join pg_namespace n on n.oid = t.typnamespace
    left join pg_type e on e.oid = t.typelem
    left join pg_index i on i.indrelid = c.oid and i.indisprimary
    where s.nspname = ${name.schema} and c.relname = ${name.table} and c.relkind in ('r', 'p')
    order by a.attnum`;
  const [first] = rows;
  if (first === undefined) return undefined;
  const columns = rows.map(toColumn);
  const key = columns.filter((column) => column.pkIndex !== undefined)
    .sort((a, b) => (a.pkIndex ?? 0) - (b.pkIndex ?? 0));
  return {
    ...name,
    oid: Number(first.oid),
    columns,
    key: (key.length > 0 ? key : columns).map((column) => column.name),
    schemas: [...new Set([name.schema, ...rows.map((row) => row.type_schema)])]
      .filter((schema) => schema !== "pg_catalog"),
  };
}

/** Whether the table the stream describes is still the one a shape was made of. */
export function isSameTable(table: Table, relation: Relation): boolean {
  return table.schema === relation.schema && table.table === relation.table &&
    relation.columns.every(({ name, typeOid }) =>
      table.columns.some((column) => column.name === name && column.typeOid === typeOid)
    ) &&
    // Virtual generated columns are never in the stream.
    table.columns.every((column) =>
      column.generated || relation.columns.some(({ name }) => name === column.name)
    );
}

function toColumn(row: ColumnRow): Column {
  return {
    name: row.name,
    type: row.type,
    typeOid: Number(row.type_oid),
    sqlType: row.sql_type,
    typeMod: Number(row.type_mod),
    dimensions: Number(row.dimensions),
    notNull: row.not_null === "true",
    generated: row.generated === "true",
    pkIndex: row.pk_index === null ? undefined : Number(row.pk_index),
  };
}
