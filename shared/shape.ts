import { formatName, formatTable, parseName, parseNames, quoteName } from "./identifier.ts";
import { readQuery, readText, writeQuery } from "./query.ts";
import { invalidRequest } from "./refusal.ts";

/** What a shape is made of before it is read: from a query, a JSON body or a claim. */
export type ShapeFields = Readonly<Record<string, unknown>>;

/** The parameters that make a shape; a request's must equal the token's. */
export const SHAPE_NAMES: readonly string[] = ["table", "where", "columns", "params", "replica"];

/** Not exported, so that a shape can only be had from {@link readShape}. */
const READ = Symbol("read");

/** A shape in canonical form, however it was spelled. */
export interface Shape {
  readonly [READ]: true;
  /** Its query, sorted by name: equal for equal shapes and only for those. */
  readonly canonical: string;
  /** As Postgres stores the names. */
  readonly namespace: string;
  readonly name: string;
  /** Both, as Electric reads them. */
  readonly table: string;
  /** `null` for all rows. */
  readonly where: string | null;
  /** The values of its `$1`, `$2`, … */
  readonly params: readonly string[];
  /** As Postgres stores the names, sorted, for Electric takes them as a set; `null` for all. */
  readonly columns: readonly string[] | null;
  /** The columns that subset queries may name; only a token says so, it isn't compared. */
  readonly queryable: readonly string[] | null;
  /** Whether changes carry all columns (`replica=full`). */
  readonly full: boolean;
}

/**
 * Reads a shape strictly; throws a 400 {@link Refusal} that names the field. `null` and missing
 * fields are the same. Lists of columns hold names as the official client takes them (`Id` is
 * the column `"Id"`), or quoted ones; a comma text holds identifiers by Electric's rules.
 * Columns that are narrowed are all that subset queries may name, unless more are given.
 */
export function readShape(fields: ShapeFields): Shape {
  checkFieldNames(fields);
  const { namespace, name } = readTable(fields["table"], fields["namespace"]);
  const where = readWhere(fields["where"]);
  const full = readReplica(fields["replica"]) === "full";
  const columns = readColumns("columns", fields["columns"]);
  const queryable = readColumns("queryable_columns", fields["queryable_columns"]) ?? columns;
  const params = readParams(fields["params"]);
  const table = formatTable(namespace, name);
  const canonical = writeQuery([
    ["columns", columns?.map(formatName).join()],
    ...params.map((value, i) => [`params[${i + 1}]`, value] as const),
    ["replica", full ? "full" : null],
    ["table", table],
    ["where", where],
  ]).join("&");
  return {
    [READ]: true,
    canonical,
    namespace,
    name,
    table,
    where,
    params,
    columns,
    queryable,
    full,
  };
}

const FIELDS = [...SHAPE_NAMES, "namespace", "queryable_columns"];

function checkFieldNames(fields: ShapeFields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (FIELDS.includes(name) || value === null) continue;
    throw invalidRequest(`An unknown field; a shape has ${SHAPE_NAMES.join(", ")}.`);
  }
}

const isMissing = (value: unknown) => value === null || value === undefined;

/** `path` is a table's name, with or without its schema's; `schema` may stand by itself, too. */
function readTable(path: unknown, schema: unknown): { namespace: string; name: string } {
  const parts = parseNames(readText("table", path), ".", "table");
  if (!isMissing(schema)) parts.unshift(parseName(readText("namespace", schema), "namespace"));
  const [name = "", namespace = "public", ...tooMany] = parts.reverse();
  if (tooMany.length > 0) throw invalidRequest("table has two dots; quote a name that holds one.");
  return { namespace, name };
}

function readWhere(value: unknown): string | null {
  if (isMissing(value)) return null;
  const where = readText("where", value);
  // Electric takes a blank clause as none, which would turn a policy's slip into the whole table.
  if (where.trim() === "") throw invalidRequest("where is blank; leave it out for all rows.");
  return where;
}

function readReplica(value: unknown): "full" | "default" {
  if (isMissing(value) || value === "default") return "default";
  if (value === "full") return "full";
  throw invalidRequest("replica must be default or full.");
}

/** More columns no table has (Postgres's manual, appendix K). */
const MAX_COLUMNS = 1664;

/** More values no token of 8 KiB holds. */
const MAX_PARAMS = 1664;

function readColumns(field: string, value: unknown): readonly string[] | null {
  if (isMissing(value)) return null;
  if (Array.isArray(value)) checkLength(field, value, MAX_COLUMNS);
  const columns = Array.isArray(value)
    ? Array.from(value, (item) => readColumn(field, item))
    : parseNames(readText(field, value), ",", field);
  const isSet = new Set(columns).size === columns.length;
  if (columns.length > 0 && isSet) return columns.sort();
  throw invalidRequest(`${field} must name each column once; leave it out for all columns.`);
}

/** A list holds names as they are, or in double quotes. */
function readColumn(field: string, item: unknown): string {
  const name = readText(field, item);
  const isQuoted = name.startsWith('"');
  const isBlank = name.trim() === "";
  return parseName(isQuoted || isBlank ? name : quoteName(name), field);
}

/** A list of values, or an object that numbers them from 1. */
function readParams(value: unknown): readonly string[] {
  if (isMissing(value)) return [];
  if (typeof value !== "object") throw invalidRequest('params must be like ["a"] or {"1": "a"}.');
  checkLength("params", value ?? [], MAX_PARAMS);
  const first = Array.isArray(value) ? 0 : 1;
  return Object.entries({ ...value }).map(([key, item], i) => {
    if (key !== `${first + i}`) throw invalidRequest("params must be numbered 1, 2, 3, …");
    return readText(`params[${i + 1}]`, item);
  });
}

/** Before a list is read, which takes its time. */
function checkLength(field: string, list: object, max: number): void {
  const length = Array.isArray(list) ? list.length : Object.keys(list).length;
  if (length > max) throw invalidRequest(`${field} holds more than ${max}.`);
}

/** A query's shape, and the rest of it. */
export interface SplitQuery {
  readonly fields: ShapeFields;
  readonly rest: readonly [name: string, value: string][];
}

/**
 * Takes the shape out of a query and gives the other pairs as `rest`. Refuses what two readers
 * could take differently: a shape parameter given twice, or nested in brackets (`table[]`), except
 * for `params[n]`.
 */
export function splitQuery(query: string): SplitQuery {
  const fields = new Map<string, unknown>();
  const params = new Map<string, string>();
  const rest: [name: string, value: string][] = [];
  for (const [name, value] of readQuery(query)) {
    const base = baseName(name);
    if (!SHAPE_NAMES.includes(base)) rest.push([name, value]);
    else if (base === "params") setOnce(params, paramNumber(name), value, base);
    else setOnce(fields, name === base ? base : null, value, base);
  }
  if (params.size > 0) fields.set("params", Object.fromEntries(params));
  return { fields: Object.fromEntries(fields), rest };
}

/** The `n` of `params[n]`, else `null`. */
const paramNumber = (name: string) => /^params\[(\d+)\]$/.exec(name)?.[1] ?? null;

function setOnce<Value>(
  map: Map<string, Value>,
  name: string | null,
  value: Value,
  base: string,
): void {
  if (name === null || map.has(name)) {
    throw invalidRequest(`${base} must be given once, and not in brackets but for params[1].`);
  }
  map.set(name, value);
}

/** A parameter's name without brackets; Electric nests `a[b]`. */
export function baseName(name: string): string {
  return name.replace(/\[.*$/s, "");
}
