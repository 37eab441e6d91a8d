import { invalidRequest, Refusal } from "./refusal.ts";

/** Largest request body that is read, in bytes. */
const MAX_BODY = 1024 * 1024;

declare global {
  interface JSON {
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): boolean;
  }
}

/** Reads a body as UTF-8 text; throws a 413 {@link Refusal} beyond 1 MiB, 400 for bad UTF-8. */
export async function readBody(request: Request): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let left = MAX_BODY;
  try {
    for await (const chunk of request.body ?? []) {
      left -= chunk.byteLength;
      if (left < 0) throw new Refusal(413, "body_too_large", "The body is larger than 1 MiB.");
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    throw error instanceof Refusal ? error : invalidRequest("The body isn't whole UTF-8 text.");
  }
}

/**
 * Reads a text as a JSON object. Numbers come as `JSON.rawJSON` values, which `JSON.stringify`
 * writes with the digits they came with: the official client sends integers beyond 2^53 bare.
 */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(
      text,
      (_key, item: unknown, context?: { source?: string }) =>
        typeof item === "number" ? JSON.rawJSON(context?.source ?? String(item)) : item,
    );
  } catch {
    throw invalidRequest("The body is not valid JSON.");
  }
  if (isStructure(value) && !Array.isArray(value)) return { ...value };
  throw invalidRequest("The body must be a JSON object.");
}

const SUBSET: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["where", isText],
  ["order_by", isText],
  ["limit", isCount],
  ["offset", isCount],
  ["params", (value) => isStructure(value) && Object.entries(value).every(isParam)],
  ["where_expr", isStructure],
  ["order_by_expr", isStructure],
]);

/**
 * Reads the body of a subset query and writes it anew, with nothing in it but what a subset query
 * may say: Electric merges a body over the query, so `{"table": "secrets"}` would replace the
 * signed table. Gives JSON; throws a 400 or 413 {@link Refusal}.
 */
export async function readSubset(request: Request): Promise<string> {
  const body = parseObject(await readBody(request));
  for (const [name, value] of Object.entries(body)) {
    if (SUBSET.get(name)?.(value) === true) continue;
    const known = [...SUBSET.keys()].join(", ");
    throw invalidRequest(`The body has an unknown field or a wrong type; known are ${known}.`);
  }
  try {
    return JSON.stringify(body);
  } catch {
    throw invalidRequest("The body is nested too deeply.");
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed() && !value.includes("\0");
}

function isCount(value: unknown): boolean {
  return JSON.isRawJSON(value) && /^\d{1,18}$/.test(JSON.stringify(value));
}

function isParam([key, value]: [string, unknown]): boolean {
  return /^\d{1,5}$/.test(key) &&
    (isText(value) || typeof value === "boolean" || JSON.isRawJSON(value));
}

function isStructure(value: unknown): value is object {
  return typeof value === "object" && value !== null && !JSON.isRawJSON(value);
}
