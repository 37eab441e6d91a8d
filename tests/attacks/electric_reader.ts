import { NotServed, readIdentifiers, readRelation } from "./electric_identifier.ts";
import { decodeQuery, decodeUtf8, type Value } from "./electric_query.ts";
import type { SubsetFields } from "./electric_subset.ts";

/** A request as it arrived, its body one character a byte. */
export interface ArrivedRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

/** A subset query's fields in a request: of its URL, and of a body, which is merged over them. */
export function readSubsetFields({ method, target, body }: ArrivedRequest): SubsetFields {
  const fields = new Map<string, unknown>();
  for (const [name, value] of decodeQuery(target.slice(target.indexOf("?") + 1))) {
    const field = /^subset__(.*)$/s.exec(name)?.[1];
    if (field !== undefined) fields.set(field, value);
  }
  if (method === "POST" && body !== "") {
    for (const [name, value] of Object.entries(JSON.parse(decodeUtf8(body)))) {
      fields.set(name, value);
    }
  }
  return fields;
}

/** What Electric would serve: everything that decides which rows and columns leave Postgres. */
export interface Served {
  readonly relation: readonly [namespace: string, name: string];
  readonly where: string | null;
  /** Sorted: Electric takes them as a set. */
  readonly columns: readonly string[] | null;
  readonly queryable: readonly string[] | null;
  readonly params: Readonly<Record<string, string>>;
  readonly replica: "default" | "full";
  readonly compaction: boolean;
  /** A DELETE drops the shape for everyone. */
  readonly deletes: boolean;
}

/**
 * Reads a request the way Electric 1.7.12 does (its router, `ServeShapePlug` and `Api.Params`):
 * the path is matched decoded, the last duplicate wins, `a[b]` nests, a POST's JSON body is merged
 * over the query, and Ecto takes blank text as nothing. Throws {@link NotServed} where Electric
 * serves no shape.
 */
export function readAsElectric({ method, target, body }: ArrivedRequest): Served {
  const [, path = "", query = ""] = /^(?:https?:\/\/[^/?]*)?([^?]*)\??(.*)$/s.exec(target) ?? [];
  if (routeOf(path) !== "v1/shape") throw new NotServed(`no route for ${path}`);
  if (!["GET", "HEAD", "POST", "DELETE"].includes(method)) throw new NotServed(method);
  const fields = decodeQuery(query);
  if (method === "POST" && body !== "") mergeBody(fields, decodeUtf8(body));
  const text = (name: string) => readText(fields, name);
  const replica = text("replica") ?? "default";
  if (replica !== "default" && replica !== "full") throw new NotServed(`replica ${replica}`);
  return {
    relation: readRelation(text("table") ?? refuse("no table")),
    where: text("where"),
    columns: readList(fields, "columns"),
    queryable: readList(fields, "queryable_columns"),
    params: readParams(fields.get("params")),
    replica,
    compaction: ["true", "1"].includes(text("experimental_compaction") ?? ""),
    deletes: method === "DELETE",
  };
}

function refuse(reason: string): never {
  throw new NotServed(reason);
}

/** Plug matches the decoded segments; empty ones don't count. */
function routeOf(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  try {
    return segments.map(decodeURIComponent).join("/");
  } catch {
    throw new NotServed("a bad path");
  }
}

const SUBSET = ["where", "order_by", "limit", "offset", "params", "where_expr", "order_by_expr"];

/** Subset keys stay in the subset; with a `subset` object, or besides it, all others replace the query's. */
function mergeBody(fields: Map<string, Value>, body: string): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new NotServed("a body that isn't JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new NotServed("a body that isn't an object");
  }
  const subset = Object.hasOwn(parsed, "subset") && Object.entries(parsed)
    .some(([name, value]) => name === "subset" && typeof value === "object" && value !== null);
  for (const [name, value] of Object.entries(parsed)) {
    if (subset || !SUBSET.includes(name)) fields.set(name, toValue(value));
  }
}

function toValue(json: unknown): Value {
  if (json === null || typeof json === "string") return json;
  if (Array.isArray(json)) return json.map(toValue);
  if (typeof json !== "object") return String(json);
  return new Map(Object.entries(json).map(([name, value]) => [name, toValue(value)]));
}

/** Ecto's cast of a string: blank is nothing (`empty_values`), other types are an error. */
function readText(fields: ReadonlyMap<string, Value>, name: string): string | null {
  const value = fields.get(name) ?? null;
  if (value === null) return null;
  if (typeof value !== "string") throw new NotServed(`${name} is no text`);
  return value.trimStart() === "" ? null : value;
}

function readList(fields: ReadonlyMap<string, Value>, name: string): string[] | null {
  const value = fields.get(name) ?? null;
  // A list's names aren't parsed: `columns[]=Id` is the column "Id".
  if (Array.isArray(value)) {
    return value.map((item) => typeof item === "string" ? item : refuse(name)).sort();
  }
  const text = readText(fields, name);
  return text === null ? null : readIdentifiers(text).sort();
}

function readParams(value: Value | undefined): Record<string, string> {
  if (value === undefined || value === null || value === "") return {};
  if (!(value instanceof Map)) throw new NotServed("params aren't a map");
  const pairs = [...value].map(([name, item]): [string, string] => [
    name,
    typeof item === "string" ? item : refuse(`params[${name}]`),
  ]);
  return Object.fromEntries(pairs.sort(([a], [b]) => a < b ? -1 : 1));
}
