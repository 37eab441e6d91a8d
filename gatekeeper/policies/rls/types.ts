import { AMBIGUOUS } from "../../../shared/query.ts";
import { listOf } from "../sql_tree.ts";
import { RlsRefused } from "./refused.ts";
import { fieldsOf, namesOf } from "./tree.ts";

/** Short names of types, as the catalogue and Electric have them, by `pg_typeof`'s. */
const SHORT: Readonly<Record<string, string>> = {
  "bigint": "int8",
  "boolean": "bool",
  "character varying": "varchar",
  "double precision": "float8",
  "integer": "int4",
  "real": "float4",
  "smallint": "int2",
  "time without time zone": "time",
  "timestamp with time zone": "timestamptz",
  "timestamp without time zone": "timestamp",
};

/** The types of whose values Electric casts a parameter. */
const CAST = [
  "bool",
  "date",
  "float4",
  "float8",
  "int2",
  "int4",
  "int8",
  "text",
  "timestamp",
  "timestamptz",
  "uuid",
];

const WHOLE = ["int2", "int4", "int8"];
const ELEMENTS = [...WHOLE, "bool", "text", "uuid", "varchar"];

/** What Electric reads the values of, for its clauses, as Postgres does. */
const READ = [
  ...ELEMENTS,
  ...ELEMENTS.map((type) => `_${type}`),
  "date",
  "float4",
  "float8",
  "numeric",
  "time",
  "timestamp",
  "timestamptz",
  "enum",
];

export const isWhole = (type: string) => WHOLE.includes(type);

/** A type of `pg_typeof`, in short. */
export function shortOf(type: string): string {
  const element = type.replace(/\[\]$/, "");
  const short = SHORT[element] ?? element;
  return element === type ? short : `_${short}`;
}

/** The type of an array's elements. */
export const elementOf = (type: string) => type.replace(/^_/, "");

/** What a parameter of a type is cast to; `null` where Electric has it as what it is compared with. */
export const castOf = (type: string) => CAST.includes(type) ? type : null;

/** Throws {@link RlsRefused} for a type of whose columns Electric can't compute anything. */
export function checkReads(column: { readonly name: string; readonly type: string }): void {
  if (READ.includes(column.type)) return;
  throw new RlsRefused(
    `${column.name} is of type ${column.type}, which Electric can't compute with: have a column of a plain ` +
      "type that holds what counts",
  );
}

/** The type that a cast names. Throws {@link RlsRefused} for one that cuts its values, as `varchar(3)` does. */
export function typeOfCast(typeName: unknown): string {
  const { names, typmods, arrayBounds } = Object(typeName);
  const path = namesOf(names).filter((name) => name !== "pg_catalog");
  const name = path.join(".");
  if (typmods !== undefined) {
    throw new RlsRefused(`a cast to ${name} of some length: Electric overlooks the length`);
  }
  return listOf(arrayBounds).length > 0 ? `_${name}` : name;
}

/** What a cast of Postgres's gives, Electric's gives, too. */
const EXACT: Readonly<Record<string, readonly string[]>> = {
  _varchar: ["_text"],
  enum: ["text"],
  int2: ["int4", "int8", "numeric", "text"],
  int4: ["int8", "numeric", "text"],
  int8: ["text"],
  uuid: ["text"],
  varchar: ["text"],
};

/** Throws {@link RlsRefused} for a cast of columns that Electric has not, or otherwise. */
export function checkCast(from: string, to: string): void {
  if (from === to || EXACT[from]?.includes(to)) return;
  throw new RlsRefused(
    `Electric doesn't cast ${from} to ${to} as Postgres does: have a column of type ${to}`,
  );
}

/** The text of a constant, as it is written. */
export function textOfConstant(node: unknown): string {
  const { sval, ival, fval, boolval } = fieldsOf(node);
  if (sval !== undefined) return `${Object(sval).sval ?? ""}`;
  if (fval !== undefined) return `${Object(fval).fval ?? ""}`;
  if (boolval !== undefined) return `${Object(boolval).boolval ?? false}`;
  return `${Object(ival).ival ?? 0}`;
}

/** Throws {@link RlsRefused} for a value that Postgres has and Electric can't read. */
export function checkValue(type: string, value: string): void {
  checkPlain(value);
  const isTime = /^(date|timestamp)/.test(type);
  const isRead = isTime
    ? /^\d{4}-/.test(value) && !value.endsWith("BC")
    : !/^(float|numeric)/.test(type) || /^-?\d/.test(value);
  if (!isRead) throw new RlsRefused(`Electric can't read ${value} as ${type}`);
}

/** Throws {@link RlsRefused} for a text that a shape can't hold. */
export function checkPlain(text: string): void {
  if (!AMBIGUOUS.test(text)) return;
  throw new RlsRefused(
    "a text holds a control character, such as a line break, which no shape can: decide without it",
  );
}

/** How many digits a number has. */
export const digitsOf = (value: string) => value.replace(/e.*$/i, "").replace(/\D/g, "").length;
