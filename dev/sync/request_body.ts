import { isObject, type JsonValue, parseJson } from "./json.ts";

/** Names of a subset's parts, which a body may give at its top level. */
const SUBSET_KEYS = new Set([
  "where",
  "order_by",
  "limit",
  "offset",
  "params",
  "where_expr",
  "order_by_expr",
]);

/** Electric's limit on a body. */
const MAX_BYTES = 8_000_000;

/** Everything a request says, the body's part over the query's. */
export type RequestFields = { readonly [name: string]: JsonValue };

/** Why a body was refused: the status and the JSON to answer with. */
export class BodyRefused extends Error {
  /** Stable name of this kind of error. */
  readonly code = "BODY_REFUSED";

  constructor(readonly status: number, readonly body: Readonly<Record<string, string>>) {
    super(body.error);
  }
}

/** Reads a POST body; an empty one is `{}`. Throws {@link BodyRefused}. */
export async function readBody(request: Request): Promise<RequestFields> {
  const text = await request.text();
  if (text.length > MAX_BYTES) throw new BodyRefused(413, { error: "Request body too large" });
  if (text === "") return {};
  const body = parseOrRefuse(text);
  if (!isObject(body)) throw new BodyRefused(400, { error: "Request body must be a JSON object" });
  return body;
}

/** Joins query and body as Electric does: `subset__x` and the body's own keys make the subset. */
export function mergeFields(query: RequestFields, body: RequestFields): RequestFields {
  const { merged, subset } = extractSubset(query);
  if (Object.keys(body).length === 0) return subset === undefined ? merged : { ...merged, subset };
  if (isObject(body.subset)) {
    return { ...merged, ...body, subset: { ...subset, ...body.subset } };
  }
  const entries = Object.entries(body);
  const parts = entries.filter(([name]) => SUBSET_KEYS.has(name));
  const others = Object.fromEntries(entries.filter(([name]) => !SUBSET_KEYS.has(name)));
  if (parts.length === 0) return { ...merged, ...subset && { subset }, ...others };
  return { ...merged, ...others, subset: { ...subset, ...Object.fromEntries(parts) } };
}

function extractSubset(query: RequestFields) {
  const entries = Object.entries(query);
  const prefixed = entries.filter(([name]) => name.startsWith("subset__"));
  if (prefixed.length === 0) {
    const { subset, ...merged } = query;
    return isObject(subset) ? { merged, subset } : { merged: query, subset: undefined };
  }
  return {
    merged: Object.fromEntries(entries.filter(([name]) => !name.startsWith("subset__"))),
    subset: Object.fromEntries(prefixed.map(([name, value]) => [name.slice(8), value])),
  };
}

function parseOrRefuse(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    throw new BodyRefused(400, {
      error: "Invalid JSON in request body",
      details: describeSyntaxError(text, String(error)),
    });
  }
}

/** Says where, as Electric's parser does; V8 names the place in its message. */
function describeSyntaxError(text: string, message: string): string {
  const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
  const char = text[at];
  if (char === undefined) return `unexpected end of input at position ${text.length}`;
  const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, "0");
  return `unexpected byte at position ${at}: 0x${hex} (${JSON.stringify(char)})`;
}
