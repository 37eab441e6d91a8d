import { isRawJSON, parseJson, parseObject, readBody } from "../shared/body.ts";
import { checkClause } from "../shared/clause.ts";
import type { Watch } from "../shared/clock.ts";
import { MAX_TEXT, writeQuery } from "../shared/query.ts";
import { invalidRequest } from "../shared/refusal.ts";
import type { Shape } from "../shared/shape.ts";
import { readOrderBy } from "./order_by.ts";

/** How the fields of a subset query are called in a URL. */
export const SUBSET_PREFIX = "subset__";

/** What goes upstream of a subset query. */
const FIELDS = ["where", "params", "limit", "offset", "order_by"];

/** The official client's own form of `where` and `order_by`, beside their text; Electric ignores it. */
const DROPPED = ["where_expr", "order_by_expr"];

/** The names of a subset query's parameters in a URL. */
export const SUBSET_PARAMS: readonly string[] = [...FIELDS, ...DROPPED].map((field) =>
  `${SUBSET_PREFIX}${field}`
);

/** A subset query that has been read: its fields by name, numbers as `JSON.rawJSON`. */
type Subset = Readonly<Record<string, unknown>>;

/**
 * Reads the body of a subset query (POST) and gives it written anew, as JSON, with nothing in it but
 * what a subset query may say: Electric merges a body over the query, so `{"table": "secrets"}` would
 * replace the signed table. Throws a 400 or 413 {@link Refusal}.
 */
export async function readSubsetBody(
  request: Request,
  shape: Shape,
  watch?: Watch,
): Promise<string> {
  const body = parseObject(await readBody(request, watch === undefined ? {} : { watch }));
  for (const name of Object.keys(body)) {
    if (!FIELDS.includes(name) && !DROPPED.includes(name)) {
      throw invalidRequest("The body may hold a subset query and nothing else.");
    }
  }
  return JSON.stringify(readSubset(body, shape));
}

/**
 * Reads the `subset__…` parameters of a URL, each given once, and gives them written anew, as pieces
 * of a query. Throws a 400 {@link Refusal}.
 */
export function readSubsetParams(
  pairs: readonly (readonly [name: string, value: string])[],
  shape: Shape,
): string[] {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of pairs) {
    const field = name.slice(SUBSET_PREFIX.length);
    if (DROPPED.includes(field)) continue;
    const isSql = field === "where" || field === "order_by";
    // The others are JSON in a URL, too; what isn't has none of their types.
    fields[field] = isSql ? value : parseJson(value);
  }
  const read = Object.entries(readSubset(fields, shape));
  return writeQuery(read.map(([field, value]) => [`${SUBSET_PREFIX}${field}`, textOf(value)]));
}

const textOf = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);

function readSubset(fields: Readonly<Record<string, unknown>>, shape: Shape): Subset {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === "where") read[name] = readWhere(value);
    else if (name === "order_by") read[name] = readOrderBy(readText(name, value), shape.queryable);
    else if (name === "params") read[name] = readParams(value);
    else if (name === "limit" || name === "offset") read[name] = readCount(name, value);
    else checkExpression(name, value);
  }
  return read;
}

function readWhere(value: unknown): string {
  const where = readText("where", value);
  checkClause(where);
  return where;
}

/** Whether a value is a text that Postgres can hold. */
const isText = (value: unknown): value is string =>
  typeof value === "string" && !/\0|\p{Cs}/u.test(value);

/** Reads SQL: as long as a URL could have it, for what is read takes its time. */
function readText(name: string, value: unknown): string {
  if (!isText(value)) throw notOfType(name, "a text");
  if (value.length <= MAX_TEXT) return value;
  throw invalidRequest(`${name} of a subset query is over ${MAX_TEXT} characters.`);
}

function readParams(value: unknown): object {
  if (isStructure(value) && Object.entries(value).every(isParam)) return value;
  throw notOfType("params", 'values by number, such as {"1": "a"}');
}

function isParam([key, value]: [string, unknown]): boolean {
  const isNumber = /^\d+$/.test(key);
  return isNumber && (isText(value) || typeof value === "boolean" || isRawJSON(value));
}

function readCount(name: string, value: unknown): unknown {
  if (isRawJSON(value) && /^\d{1,18}$/.test(JSON.stringify(value))) return value;
  throw notOfType(name, "a whole number");
}

/** It goes nowhere; but what isn't even of its form was not written by the official client. */
function checkExpression(name: string, value: unknown): void {
  if (!isStructure(value)) throw notOfType(name, "an object or a list");
}

/** Values of `JSON.rawJSON` have no prototype. */
const isStructure = (value: unknown): value is object => value instanceof Object;

function notOfType(name: string, type: string): Error {
  const message =
    `${name} of a subset query, in the body or as ${SUBSET_PREFIX}${name}, must be ${type}.`;
  return invalidRequest(message);
}
