import { formatName, parseName, parseNames, quoteName } from "./identifier.ts";
import { readQuery, readText, writeQuery } from "./query.ts";
import { invalidRequest } from "./refusal.ts";

/** What a shape is made of before it is read: from a query, a JSON body or a claim. */
export type ShapeFields = Readonly<Record<string, unknown>>;

/** The parameters that make a shape; a request's must equal the token's. */
export const SHAPE_NAMES: readonly string[] = ["table", "where", "columns", "params", "replica"];

/** Not exported, so that a shape can only be had from {@link readShape}. */
const READ = Symbol("read");

/**
 * A shape in canonical form, however it was spelled.
 * - `canonical`: its query, sorted by name: equal for equal shapes and only for those
 * - `namespace`, `name`: as Postgres stores them; `table`: both, as Electric reads them
 * - `where`: `null` for all rows; `params`: the values of its `$1`, `$2`, …
 * - `columns`: as Postgres stores the names, sorted, for Electric takes them as a set; `null` for all
 * - `queryable`: the columns that subset queries may name; only a token says so, it isn't compared
 */
export type Shape = Readonly<ReturnType<typeof readShape>>;

/**
 * Reads a shape strictly; throws a 400 {@link Refusal} that names the field. `null` and missing
 * fields are the same. Lists of columns hold names as the official client takes them (`Id` is
 * the column `"Id"`), or quoted ones; a comma text holds identifiers by Electric's rules.
 * Columns that are narrowed are all that subset queries may name, unless more are given.
 */
export function readShape(fields: ShapeFields) {
  const { table: path, namespace: schema, where: clause, ...others } = fields;
  const { columns: names, params: values, replica, queryable_columns: more, ...unknown } = others;
  const isOdd = Object.values(unknown).some((value) => value !== null);
  if (isOdd) throw invalidRequest(`An unknown field; a shape has ${SHAPE_NAMES.join(", ")}.`);
  const parts = parseNames(readText("table", path), ".", "table");
  if (schema != null) parts.unshift(parseName(readText("namespace", schema), "namespace"));
  const [name = "", namespace = "public", ...tooMany] = parts.toReversed();
  if (tooMany.length > 0) throw invalidRequest("table has two dots; quote a name that holds one.");
  const where = clause == null ? null : readText("where", clause);
  // Electric takes a blank clause as none, which would turn a policy's slip into the whole table.
  if (where?.trim() === "") throw invalidRequest("where is blank; leave it out for all rows.");
  const [full, isDefault] = [replica === "full", (replica ?? "default") === "default"];
  if (!full && !isDefault) throw invalidRequest("replica must be default or full.");
  const columns = readColumns("columns", names);
  const queryable = readColumns("queryable_columns", more) ?? columns;
  const params = readParams(values ?? {});
  const table = (namespace === "public" ? [name] : [namespace, name]).map(formatName).join(".");
  const canonical = writeQuery([
    ["columns", columns?.map(formatName).join()],
    ...params.map((value, i) => [`params[${i + 1}]`, value] as const),
    ...[["replica", full ? "full" : null], ["table", table], ["where", where]] as const,
  ]).join("&");
  return { [READ]: 1, canonical, namespace, name, table, where, params, columns, queryable, full };
}

/**
 * Takes the shape out of a query and gives the other pairs as `rest`. Refuses what two readers
 * could take differently: a shape parameter given twice, or nested in brackets (`table[]`), except
 * for `params[n]`.
 */
export function splitQuery(query: string) {
  const [fields, params] = [new Map<string, unknown>(), new Map<string, string>()];
  const rest: [name: string, value: string][] = [];
  for (const [name, value] of readQuery(query)) {
    const base = baseName(name);
    const index = /^params\[(\d+)\]$/.exec(name)?.[1];
    if (!SHAPE_NAMES.includes(base)) rest.push([name, value]);
    else if (index !== undefined && !params.has(index)) params.set(index, value);
    else if (name === base && base !== "params" && !fields.has(base)) fields.set(base, value);
    else throw invalidRequest(`${base} must be given once, and not in brackets but for params[1].`);
  }
  if (params.size > 0) fields.set("params", Object.fromEntries(params));
  return { fields: Object.fromEntries(fields), rest };
}

/** A parameter's name without brackets; Electric nests `a[b]`. */
export const baseName = (name: string): string => name.replace(/\[.*$/s, "");

function readColumns(field: string, value: unknown): readonly string[] | null {
  if (value == null) return null;
  const readItem = (item: unknown) => {
    const name = readText(field, item);
    return parseName(/^"|^\s*$/.test(name) ? name : quoteName(name), field);
  };
  const items = Array.isArray(value) ? Array.from(value, readItem) : null;
  const columns = items ?? parseNames(readText(field, value), ",", field);
  if (columns.length > 0 && new Set(columns).size === columns.length) return columns.sort();
  throw invalidRequest(`${field} must name each column once; leave it out for all columns.`);
}

function readParams(value: unknown): readonly string[] {
  if (typeof value !== "object") throw invalidRequest('params must be like ["a"] or {"1": "a"}.');
  return Object.entries({ ...value }).map(([key, item], i) => {
    if (key === `${Array.isArray(value) ? i : i + 1}`) return readText(`params[${i + 1}]`, item);
    throw invalidRequest("params must be numbered 1, 2, 3, …");
  });
}
