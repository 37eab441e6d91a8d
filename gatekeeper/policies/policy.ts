import type { TransactionSql } from "postgres";
import { ConfigError } from "../../shared/config_error.ts";
import { formatName } from "../../shared/identifier.ts";
import { readShape, type Shape } from "../../shared/shape.ts";
import { arrayText, type Scalar } from "./array_text.ts";
import type { User } from "../users/authenticate.ts";

/** What a policy decides by. */
export interface Question {
  /** Who asks; `null` is nobody in particular. */
  readonly user: User | null;
  /** The shape as asked for. */
  readonly shape: Shape;
  /** Queries Postgres, as postgresjs does, in a read-only transaction with a timeout of 2 s. */
  readonly sql: TransactionSql;
}

/** Yes, the shape as asked; no; or the rows that this user gets. */
export type Verdict = boolean | null | Rows;

/** Who may sync a table: a verdict for everybody, or a function that reaches one. */
export type Policy = Verdict | ((question: Question) => Verdict | Promise<Verdict>);

/** Who may sync what, put together by {@link definePolicies}. */
export interface Policies {
  /** Gives the policy of a table (a {@link Shape}'s `table`); `deny` where nobody wrote one. */
  (table: string): Policy;
  /** The tables that have one, as {@link Shape}'s `table` names them. */
  readonly tables: readonly string[];
}

/** Everyone gets the shape they ask for: any rows, any columns. */
export const allow: true = true;

/** Nobody gets anything; so it is for tables without a policy, too. */
export const deny: false = false;

/** A value in {@link rows}: one, a list, or what a query of one column gave. */
export type Value = Scalar | readonly Scalar[] | readonly Readonly<Record<string, Scalar>>[];

/** The part of a table that a user gets. Made by {@link rows}. */
export class Rows {
  readonly where: string;
  /** The values of its `$1`, `$2`, … */
  readonly params: readonly string[];
  /** The columns; `null` for all. */
  readonly only: readonly string[] | null;

  private constructor(
    where: string,
    params: readonly string[],
    only: readonly string[] | null,
  ) {
    this.where = where;
    this.params = params;
    this.only = only;
  }

  /** See {@link rows}. */
  static where(strings: readonly string[], values: readonly Value[]): Rows {
    const where = strings.reduce((text, part, i) => `${text}$${i}${part}`);
    if (where.includes("--")) throw new TypeError("rows`…` can't hold a comment");
    // Electric takes a clause on one line.
    return new Rows(where.trim().replace(/\s*\n\s*/g, " "), values.map(paramText), null);
  }

  /** A clause on one line, with the texts of its `$1`, `$2`, … */
  static of(where: string, params: readonly string[]): Rows {
    return new Rows(where, params, null);
  }

  /** Narrows to these columns, named as Postgres stores them; the primary key must be among them. */
  columns(...names: readonly [string, ...string[]]): Rows {
    return new Rows(this.where, this.params, names);
  }
}

/**
 * The rows that match a clause. Values become parameters (`$1`, `$2`, …), so nothing that a user
 * says can become SQL; write it without quotes around them. A list becomes the text of a Postgres
 * array, sorted and without doubles, so that users with the same rights share one shape.
 *
 * ```ts ignore
 * rows`owner_id = ${user.id}`
 * rows`org_id = any(${await sql`select org_id from members`})`.columns("id", "title")
 * ```
 */
export function rows(strings: TemplateStringsArray, ...values: readonly Value[]): Rows {
  // JavaScript lets a tag be called as a function, and the types don't stop it everywhere.
  if (!Array.isArray(strings) || !("raw" in strings)) {
    throw new TypeError("rows is a tag: write rows`…`, without parentheses");
  }
  return Rows.where(strings, values);
}

/** A policy: users get the rows whose `column` holds their id, the anonymous user none. */
export function ownRows(column: string): Policy {
  return ({ user }) => user && Rows.where([`${formatName(column)} = `, ""], [user.id]);
}

/** What {@link definePolicies} takes besides. */
export interface PoliciesOptions {
  /** The policy of tables that aren't named; by default, they are nobody's. */
  readonly otherwise?: Policy;
}

/**
 * Puts policies together, by table (Electric's rules: `items`, `other.items`, `"Quoted"`). Throws
 * {@link ConfigError} for a name that can't be read, or two that name one table.
 */
export function definePolicies(
  byTable: Readonly<Record<string, Policy>>,
  { otherwise = deny }: PoliciesOptions = {},
): Policies {
  const policies = new Map<string, Policy>();
  for (const [table, policy] of Object.entries(byTable)) {
    const name = tableName(table);
    if (policies.has(name)) throw new ConfigError(`policies.ts has two policies for ${name}.`);
    policies.set(name, policy);
  }
  const policyOf = (table: string) => policies.get(table) ?? otherwise;
  return Object.assign(policyOf, { tables: [...policies.keys()] });
}

function tableName(table: string): string {
  try {
    return readShape({ table }).table;
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new ConfigError(`policies.ts: ${JSON.stringify(table)} is no table's name. ${reason}`);
  }
}

function paramText(value: Value, i: number): string {
  if (!Array.isArray(value)) return `${scalarOf(value, `$${i + 1}`)}`;
  return arrayText(
    value.map((one, n) => elementOf(one, `element ${n + 1} of the list for $${i + 1}`)),
  );
}

/** Gives an element of a list, or the one value in a query's row. */
function elementOf(element: unknown, place: string): Scalar {
  if (!isRow(element)) return scalarOf(element, place);
  const columns = Object.values(element);
  if (columns.length === 1) return scalarOf(columns[0], place);
  throw new TypeError(
    `rows\`…\` was given a row of ${columns.length} columns as ${place}: select exactly one`,
  );
}

function isRow(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Promise);
}

/** Throws for anything that isn't one plain value; `place` says which it is. */
function scalarOf(value: unknown, place: string): Scalar {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string" || typeof value === "bigint" || typeof value === "boolean") {
    return value;
  }
  throw new TypeError(`rows\`…\` was given ${nameOf(value)} as ${place}: ${adviceOn(value)}`);
}

/** What a value is, without what it holds. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number") return `${value}`;
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a Date";
  if (value instanceof Promise) return "a promise";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function adviceOn(value: unknown): string {
  if (value instanceof Date) return "write it as text, for example with toISOString()";
  if (value instanceof Promise) return "await it";
  if (value === null || value === undefined) return "decide without it, for example answer null";
  return "give it text, a finite number, a bigint, true or false";
}
