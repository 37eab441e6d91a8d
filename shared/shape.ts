import {
  formatIdentifier,
  formatRelation,
  parseIdentifier,
  parseIdentifierList,
  parseRelation,
  quoteIdentifier,
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
 * {@link Shape.canonical} text. It can only be had from {@link Shape.parse}.
 */
export class Shape {
  /** The part of the upstream query that is compared, sorted. */
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
    readonly replica: "full" | null,
    /** Columns that subset queries may name; only a token says so, and it isn't compared. */
    readonly queryableColumns: readonly string[] | null,
  ) {
    const pairs: Pair[] = [["table", formatRelation(relation)]];
    if (where !== null) pairs.push(["where", where]);
    if (columns !== null) pairs.push(["columns", columns.map(formatIdentifier).join()]);
    params.forEach((value, i) => pairs.push([`params[${i + 1}]`, value]));
    if (replica !== null) pairs.push(["replica", replica]);
    this.pairs = pairs.sort(([a], [b]) => a < b ? -1 : 1);
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
    const columns = readColumns(fields, "columns");
    return new Shape(
      readRelation(fields),
      readWhere(fields),
      columns,
      readParams(fields["params"] ?? []),
      readReplica(fields),
      readColumns(fields, "queryable_columns") ?? columns,
    );
  }

  /** The query that asks Electric for this shape: {@link pairs} and the queryable columns. */
  upstreamPairs(): Pair[] {
    const queryable = this.queryableColumns?.map(formatIdentifier).join();
    return queryable === undefined
      ? [...this.pairs]
      : [...this.pairs, ["queryable_columns", queryable]];
  }

  /** What a token holds (the design's "The token"); {@link Shape.parse} reads the same shape back. */
  toClaim(): Record<string, unknown> {
    const { namespace, name } = this.relation;
    const item = (column: string) => column.startsWith('"') ? quoteIdentifier(column) : column;
    return {
      namespace: namespace === "public" ? null : formatIdentifier(namespace),
      table: formatIdentifier(name),
      where: this.where,
      columns: this.columns?.map(item) ?? null,
      ...(this.params.length > 0 && { params: numbered(this.params) }),
      ...(this.replica !== null && { replica: this.replica }),
      ...(this.queryableColumns !== this.columns && {
        queryable_columns: this.queryableColumns?.map(item),
      }),
    };
  }
}

/** `{"1": …, "2": …}`, as the official client takes the values of `$1`, `$2`, … */
export function numbered(params: readonly string[]): Record<string, string> {
  return Object.fromEntries(params.map((value, i) => [String(i + 1), value]));
}

/**
 * Takes the shape out of a query and gives the other pairs as `rest`. Refuses what two readers
 * could take differently: a shape parameter given twice, or nested in brackets (`table[]`), except
 * for `params[n]`. What a client says of `queryable_columns` is dropped.
 */
export function splitQuery(pairs: readonly Pair[]): { fields: ShapeFields; rest: Pair[] } {
  const fields = new Map<string, string>();
  const params = new Map<string, string>();
  const rest: Pair[] = [];
  for (const [name, value] of pairs) {
    const base = baseName(name);
    const index = /^params\[([1-9]\d{0,3})\]$/.exec(name)?.[1];
    if (!SHAPE_NAMES.includes(base)) {
      if (base !== "queryable_columns") rest.push([name, value]);
    } else if (index === undefined && (name !== base || name === "params")) {
      throw invalidRequest(`${base} has brackets where none belong, or lacks those of params[1].`);
    } else {
      const [target, key] = index === undefined ? [fields, name] : [params, index];
      if (target.has(key)) throw invalidRequest(`${base} is given twice.`);
      target.set(key, value);
    }
  }
  const numbers = params.size > 0 && { params: Object.fromEntries(params) };
  return { fields: { ...Object.fromEntries(fields), ...numbers }, rest };
}

/** A parameter's name without brackets; Electric nests `a[b]`. */
export function baseName(name: string): string {
  return name.replace(/\[.*$/s, "");
}

function readText(fields: ShapeFields, name: string): string | null {
  const value = fields[name] ?? null;
  if (value !== null && typeof value !== "string") throw invalidRequest(`${name} must be a text.`);
  return value === null ? null : checkText(name, value);
}

function readRelation(fields: ShapeFields): Relation {
  const table = readText(fields, "table");
  if (!table) throw invalidRequest("table is missing; say which table to sync.");
  const namespace = readText(fields, "namespace");
  if (namespace === null) return parseRelation(table, "table");
  return {
    namespace: parseIdentifier(namespace, "namespace"),
    name: parseIdentifier(table, "table"),
  };
}

function readWhere(fields: ShapeFields): string | null {
  const where = readText(fields, "where");
  // Electric takes a blank clause as none, which would turn a policy's slip into the whole table.
  if (where?.trim() === "") {
    throw invalidRequest("where is blank; leave it out to ask for all rows.");
  }
  return where;
}

function readColumns(fields: ShapeFields, name: string): string[] | null {
  const value = fields[name] ?? null;
  if (value === null) return null;
  const columns = Array.isArray(value)
    ? value.map((item: unknown, i) => parseListItem(item, `${name}[${i}]`))
    : parseIdentifierList(readText(fields, name) ?? "", name);
  if (columns.length === 0) throw invalidRequest(`${name} is empty; leave it out to ask for all.`);
  if (new Set(columns).size < columns.length) throw invalidRequest(`${name} has a name twice.`);
  return columns.sort();
}

function parseListItem(item: unknown, field: string): string {
  if (typeof item !== "string") throw invalidRequest(`${field} must be a text.`);
  const name = checkText(field, item).trim() === "" ? "" : item;
  return parseIdentifier(name.startsWith('"') ? name : quoteIdentifier(name), field);
}

function readParams(params: unknown): string[] {
  const values = new Map(
    Array.isArray(params)
      ? params.map((value: unknown, i) => [String(i + 1), value])
      : typeof params === "object" && params !== null
      ? Object.entries(params)
      : [["params", params]],
  );
  return Array.from(values, (_, i) => {
    const value = values.get(String(i + 1));
    if (typeof value === "string") return checkText(`params[${i + 1}]`, value);
    throw invalidRequest(
      `params must be texts, numbered 1, 2, 3, …; params[${i + 1}] is not there.`,
    );
  });
}

function readReplica(fields: ShapeFields): "full" | null {
  const replica = readText(fields, "replica") ?? "default";
  if (replica !== "default" && replica !== "full") {
    throw invalidRequest('replica must be "default" or "full".');
  }
  return replica === "full" ? replica : null;
}
