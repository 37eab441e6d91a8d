import {
  formatName,
  formatRelation,
  parseName,
  parseNames,
  parseRelation,
  quoteName,
  type Relation,
} from "./identifier.ts";
import { checkText, type Pair } from "./query.ts";
import { invalidRequest } from "./refusal.ts";

/** What a shape is made of before it is read: from a query, a JSON body or a claim. */
export type ShapeFields = Readonly<Record<string, unknown>>;

/** The parameters that make a shape; a request's must equal the token's. */
export const SHAPE_NAMES: readonly string[] = ["table", "where", "columns", "params", "replica"];
const CLAIM_NAMES = [...SHAPE_NAMES, "namespace", "queryable_columns"];

/**
 * A shape in canonical form: however it was spelled, one shape has one `Shape` value and one
 * `canonical` text. It can only be had from {@link Shape.parse}.
 */
export class Shape {
  /** The part of the upstream query that is compared, sorted by name. */
  readonly pairs: readonly Pair[];
  /** Equal for equal shapes and only for those. */
  readonly canonical: string;

  private constructor(
    readonly relation: Relation,
    readonly where: string | null,
    /** As Postgres stores the names, sorted: Electric takes a list of columns as a set. */
    readonly columns: readonly string[] | null,
    /** Values of `$1`, `$2`, … */
    readonly params: readonly string[],
    readonly replica: string | null,
    /** Columns that subset queries may name; only a token says so, and it isn't compared. */
    readonly queryableColumns: readonly string[] | null,
  ) {
    const pairs: (readonly [string, string | null])[] = [
      ["columns", columns && columns.map(formatName).join()],
      ...params.map((value, i) => [`params[${i + 1}]`, value] as const),
      ["replica", replica],
      ["table", formatRelation(relation)],
      ["where", where],
    ];
    this.pairs = pairs.flatMap(([name, value]) => value === null ? [] : [[name, value] as const]);
    this.canonical = JSON.stringify(this.pairs);
  }

  /**
   * Reads a shape strictly; throws a 400 {@link Refusal} that names the field. `null` and missing
   * fields are the same. Lists of columns hold names as the official client takes them (`Id` is
   * the column `"Id"`), or quoted ones; a comma text holds identifiers by Electric's rules.
   * Columns that are narrowed are all that subset queries may name, unless more are given.
   */
  static parse(fields: ShapeFields): Shape {
    if (Object.keys(fields).some((name) => !CLAIM_NAMES.includes(name) && fields[name] !== null)) {
      throw invalidRequest(`The shape has an unknown field; known are ${SHAPE_NAMES.join(", ")}.`);
    }
    const where = readText(fields, "where");
    // Electric takes a blank clause as none, which would turn a policy's slip into the whole table.
    if (where?.trim() === "") throw invalidRequest("where is blank; leave it out for all rows.");
    const replica = readText(fields, "replica") ?? "default";
    if (replica !== "default" && replica !== "full") {
      throw invalidRequest('replica must be "default" or "full".');
    }
    const columns = readColumns(fields, "columns");
    return new Shape(
      readRelation(fields),
      where,
      columns,
      readParams(fields["params"] ?? []),
      replica === "full" ? replica : null,
      readColumns(fields, "queryable_columns") ?? columns,
    );
  }

  /** What a token holds (the design's "The token"); {@link Shape.parse} reads the same shape back. */
  toClaim(): ShapeFields {
    const { relation, where, columns, params, replica, queryableColumns } = this;
    return {
      namespace: relation.namespace === "public" ? null : formatName(relation.namespace),
      table: formatName(relation.name),
      where,
      columns: columns && columns.map(formatName),
      params: params.length > 0 ? Object.fromEntries(params.map((v, i) => [i + 1, v])) : null,
      replica,
      ...(queryableColumns !== columns && { queryable_columns: queryableColumns?.map(formatName) }),
    };
  }
}

/**
 * Takes the shape out of a query and gives the other pairs as `rest`. Refuses what two readers
 * could take differently: a shape parameter given twice, or nested in brackets (`table[]`), except
 * for `params[n]`. What a client says of `queryable_columns` is dropped.
 */
export function splitQuery(pairs: readonly Pair[]): { fields: ShapeFields; rest: Pair[] } {
  const seen = new Set<string>();
  const [fields, params, rest]: [Pair[], Pair[], Pair[]] = [[], [], []];
  for (const [name, value] of pairs) {
    const base = baseName(name);
    const index = /^params\[([1-9]\d*)\]$/.exec(name)?.[1];
    if (!SHAPE_NAMES.includes(base)) {
      if (base !== "queryable_columns") rest.push([name, value]);
      continue;
    }
    if (seen.has(name)) throw invalidRequest(`${base} is given twice.`);
    seen.add(name);
    if (index !== undefined) params.push([index, value]);
    else if (name === base && name !== "params") fields.push([name, value]);
    else throw invalidRequest(`${base} must be given without brackets, params as params[1]=… .`);
  }
  if (params.length === 0) return { fields: Object.fromEntries(fields), rest };
  return { fields: { ...Object.fromEntries(fields), params: Object.fromEntries(params) }, rest };
}

/** A parameter's name without brackets; Electric nests `a[b]`. */
export function baseName(name: string): string {
  return name.replace(/\[.*$/s, "");
}

function readText(fields: ShapeFields, name: string): string | null {
  const value = fields[name] ?? null;
  if (value === null) return null;
  if (typeof value !== "string") throw invalidRequest(`${name} must be a text.`);
  return checkText(name, value);
}

function readRelation(fields: ShapeFields): Relation {
  const table = readText(fields, "table");
  const namespace = readText(fields, "namespace");
  if (!table) throw invalidRequest("table is missing; say which table to sync.");
  if (namespace === null) return parseRelation(table, "table");
  return { namespace: parseName(namespace, "namespace"), name: parseName(table, "table") };
}

function readColumns(fields: ShapeFields, name: string): string[] | null {
  const value = fields[name] ?? null;
  if (value === null) return null;
  const columns = Array.isArray(value)
    ? value.map((_, i) => readColumn(value, i, name))
    : parseNames(readText(fields, name) ?? "", ",", name);
  if (columns.length === 0) throw invalidRequest(`${name} is empty; leave it out for all columns.`);
  if (new Set(columns).size < columns.length) throw invalidRequest(`${name} has a name twice.`);
  return columns.sort();
}

function readColumn(list: readonly unknown[], index: number, field: string): string {
  const item = list[index];
  if (typeof item !== "string") throw invalidRequest(`${field} must hold texts only.`);
  if (checkText(field, item).trim() === "") {
    throw invalidRequest(`${field} has a blank name in it.`);
  }
  return parseName(item.startsWith('"') ? item : quoteName(item), field);
}

function readParams(params: unknown): string[] {
  if (typeof params !== "object") throw invalidRequest('params must be like ["a"] or {"1": "a"}.');
  const values: ShapeFields = { ...(Array.isArray(params) ? [null, ...params] : params) };
  const count = Array.isArray(params) ? params.length : Object.keys(values).length;
  return Array.from({ length: count }, (_, i) => {
    const value = values[i + 1];
    if (typeof value === "string") return checkText(`params[${i + 1}]`, value);
    throw invalidRequest(`params[${i + 1}] must be there and a text; they are numbered 1, 2, 3, …`);
  });
}
