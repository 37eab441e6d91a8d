import {
  formatIdentifier,
  formatRelation,
  parseIdentifier,
  parseIdentifierList,
  parseRelation,
  quoteIdentifier,
  type Relation,
} from "./identifier.ts";
import { checkText } from "./query.ts";
import { invalidRequest } from "./refusal.ts";

/** What a shape is made of before it is read: from a query, a JSON body or a claim. */
export type ShapeFields = Readonly<Record<string, unknown>>;

/** A shape as a token holds it; see the design's "The token". */
export interface ShapeClaim {
  readonly namespace: string | null;
  readonly table: string;
  readonly where: string | null;
  readonly columns: readonly string[] | null;
  readonly params?: Readonly<Record<string, string>>;
  readonly replica?: "full";
  readonly queryable_columns?: readonly string[];
}

/** A shape as the official client's `params` take it. */
export interface ShapeParams {
  readonly table: string;
  readonly where?: string;
  readonly columns?: string[];
  readonly params?: Record<string, string>;
  readonly replica?: "full";
}

/** The parameters that make a shape; a request's must equal the token's. */
export const SHAPE_NAMES = ["table", "where", "columns", "params", "replica"] as const;
const CLAIM_NAMES = new Set<string>([...SHAPE_NAMES, "namespace", "queryable_columns"]);

/**
 * A shape in canonical form: however it was spelled, one shape has one `Shape` value and one
 * {@link Shape.canonical} text. It can only be had from {@link Shape.parse}.
 */
export class Shape {
  /** Sorted names and values of the upstream query, without {@link queryableColumns}. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
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
    /** Columns that subset queries may name, where they were given; not compared. */
    readonly queryableColumns: readonly string[] | null,
  ) {
    const pairs: [string, string][] = [["table", formatRelation(relation)]];
    if (where !== null) pairs.push(["where", where]);
    if (columns !== null) pairs.push(["columns", formatColumns(columns)]);
    params.forEach((value, i) => pairs.push([`params[${i + 1}]`, value]));
    if (replica !== null) pairs.push(["replica", replica]);
    this.pairs = pairs.sort(([a], [b]) => a < b ? -1 : 1);
    this.canonical = JSON.stringify(this.pairs);
  }

  /**
   * Reads a shape strictly; throws a 400 {@link Refusal} that names the field. `null` and missing
   * fields are the same. Lists of columns hold names as the official client takes them (`Id` is
   * the column `"Id"`), or quoted ones; a comma string holds identifiers by Electric's rules.
   */
  static parse(fields: ShapeFields): Shape {
    const unknown = Object.keys(fields).find((name) =>
      !CLAIM_NAMES.has(name) && fields[name] !== null
    );
    if (unknown !== undefined) {
      throw invalidRequest(
        "The shape has an unknown field; known are " + SHAPE_NAMES.join(", ") + ".",
      );
    }
    const columns = readColumns("columns", fields["columns"]);
    const queryable = readColumns("queryable_columns", fields["queryable_columns"]);
    return new Shape(
      readRelation(fields["namespace"], fields["table"]),
      readWhere(fields["where"]),
      columns,
      readParams(fields["params"]),
      readReplica(fields["replica"]),
      queryable ?? columns,
    );
  }

  /** Whether both ask Electric for the same rows in the same form. */
  equals(other: Shape): boolean {
    return this.canonical === other.canonical;
  }

  /** The query that asks Electric for this shape: {@link pairs} and the queryable columns. */
  upstreamPairs(): (readonly [string, string])[] {
    return this.queryableColumns === null
      ? [...this.pairs]
      : [...this.pairs, ["queryable_columns", formatColumns(this.queryableColumns)]];
  }

  /** Parts for a token; {@link Shape.parse} reads the same shape back. */
  toClaim(): ShapeClaim {
    const { relation, columns, queryableColumns } = this;
    const narrowed = queryableColumns !== null && queryableColumns !== columns;
    return {
      namespace: relation.namespace === "public" ? null : formatIdentifier(relation.namespace),
      table: formatIdentifier(relation.name),
      where: this.where,
      columns: columns?.map(formatListItem) ?? null,
      ...(this.params.length > 0 && { params: numbered(this.params) }),
      ...(this.replica !== null && { replica: this.replica }),
      ...(narrowed && { queryable_columns: queryableColumns.map(formatListItem) }),
    };
  }

  /** Parts that spread into the official client's `params`; keys the shape lacks are left out. */
  toParams(): ShapeParams {
    return {
      table: formatRelation(this.relation),
      ...(this.where !== null && { where: this.where }),
      ...(this.columns !== null && { columns: [...this.columns] }),
      ...(this.params.length > 0 && { params: numbered(this.params) }),
      ...(this.replica !== null && { replica: this.replica }),
    };
  }
}

/** A query's shape fields, and the pairs that belong to something else. */
export interface SplitQuery {
  readonly fields: ShapeFields;
  readonly rest: [name: string, value: string][];
}

/**
 * Takes the shape out of a query. Refuses what two readers could take differently: a shape
 * parameter given twice, or nested in brackets (`table[]`), except for `params[n]`. What a client
 * says of `queryable_columns` is dropped: only a token may set it.
 */
export function splitQuery(pairs: readonly (readonly [string, string])[]): SplitQuery {
  const fields: Record<string, unknown> = {};
  const params: Record<string, string> = {};
  const rest: [string, string][] = [];
  for (const [name, value] of pairs) {
    const base = name.replace(/\[.*$/s, "");
    if (!SHAPE_NAMES.some((known) => known === base)) {
      if (base !== "queryable_columns") rest.push([name, value]);
      continue;
    }
    const index = base === "params" ? /^params\[([1-9]\d{0,3})\]$/.exec(name)?.[1] : undefined;
    if (index === undefined && (name !== base || base === "params")) {
      throw invalidRequest(
        base === "params"
          ? "params must be given as params[1]=…&params[2]=… ."
          : `${base} must be given without brackets.`,
      );
    }
    const [target, key] = index === undefined ? [fields, base] : [params, index];
    if (Object.hasOwn(target, key)) {
      throw invalidRequest(`${index === undefined ? base : `params[${index}]`} is given twice.`);
    }
    target[key] = value;
  }
  if (Object.keys(params).length > 0) fields["params"] = params;
  return { fields, rest };
}

function readRelation(namespace: unknown, table: unknown): Relation {
  if (table === undefined || table === null || table === "") {
    throw invalidRequest("table is missing; say which table to sync.");
  }
  if (typeof table !== "string") throw invalidRequest("table must be a text.");
  checkText("table", table);
  if (namespace === undefined || namespace === null) return parseRelation(table, "table");
  if (typeof namespace !== "string") throw invalidRequest("namespace must be a text.");
  return {
    namespace: parseIdentifier(checkText("namespace", namespace), "namespace"),
    name: parseIdentifier(table, "table"),
  };
}

function readWhere(where: unknown): string | null {
  if (where === undefined || where === null) return null;
  if (typeof where !== "string") throw invalidRequest("where must be a text.");
  // Electric takes a blank clause as none, which would turn a policy's slip into the whole table.
  if (where.trim() === "") {
    throw invalidRequest("where is blank; leave it out to ask for all rows.");
  }
  return checkText("where", where);
}

function readColumns(field: string, columns: unknown): string[] | null {
  if (columns === undefined || columns === null) return null;
  const names = typeof columns === "string"
    ? parseIdentifierList(checkText(field, columns), field)
    : readColumnList(field, columns);
  if (new Set(names).size < names.length) throw invalidRequest(`${field} names a column twice.`);
  return names.sort();
}

function readColumnList(field: string, columns: unknown): string[] {
  if (!Array.isArray(columns)) throw invalidRequest(`${field} must be a list or a comma text.`);
  if (columns.length === 0) throw invalidRequest(`${field} is empty; leave it out to ask for all.`);
  return columns.map((item: unknown) => {
    if (typeof item !== "string") throw invalidRequest(`${field} must hold texts only.`);
    checkText(field, item);
    if (item.trim() === "") throw invalidRequest(`${field} has a blank name in it.`);
    return parseIdentifier(item.startsWith('"') ? item : quoteIdentifier(item), field);
  });
}

function readParams(params: unknown): string[] {
  if (params === undefined || params === null) return [];
  if (typeof params !== "object") {
    throw invalidRequest('params must be a list, or an object like {"1": "…"}.');
  }
  const entries: [string, unknown][] = Array.isArray(params)
    ? params.map((value: unknown, i) => [String(i + 1), value])
    : Object.entries(params);
  const values = new Map(entries);
  return entries.map((_, i) => {
    const value = values.get(String(i + 1));
    if (value === undefined) {
      throw invalidRequest("params must be numbered 1, 2, 3 … without gaps.");
    }
    if (typeof value !== "string") throw invalidRequest(`params[${i + 1}] must be a text.`);
    return checkText(`params[${i + 1}]`, value);
  });
}

function readReplica(replica: unknown): "full" | null {
  if (replica === undefined || replica === null || replica === "default") return null;
  if (replica !== "full") throw invalidRequest('replica must be "default" or "full".');
  return replica;
}

function formatColumns(columns: readonly string[]): string {
  return columns.map(formatIdentifier).join(",");
}

function formatListItem(column: string): string {
  return column.startsWith('"') ? quoteIdentifier(column) : column;
}

function numbered(params: readonly string[]): Record<string, string> {
  return Object.fromEntries(params.map((value, i) => [String(i + 1), value]));
}
