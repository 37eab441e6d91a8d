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
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? JSON.rawJSON(context?.source ?? `${value}`) : value;
  try {
    const value: unknown = JSON.parse(text, keep);
    if (isStructure(value) && !Array.isArray(value) && JSON.stringify(value)) return { ...value };
  } catch {
    // Not JSON, or nested too deeply to be read or written.
  }
  throw invalidRequest("The body must be a JSON object.");
}

/** What a subset query may say, and of which kind it must be. */
const SUBSET: Readonly<Record<string, (value: unknown) => boolean>> = {
  where: isText,
  order_by: isText,
  limit: isCount,
  offset: isCount,
  params: (value) => isStructure(value) && Object.entries(value).every(isParam),
  where_expr: isStructure,
  order_by_expr: isStructure,
};

/**
 * Reads the body of a subset query and writes it anew, with nothing in it but what a subset query
 * may say: Electric merges a body over the query, so `{"table": "secrets"}` would replace the
 * signed table. Gives JSON; throws a 400 or 413 {@link Refusal}.
 */
export async function readSubset(request: Request): Promise<string> {
  const body = parseObject(await readBody(request));
  for (const [name, value] of Object.entries(body)) {
    if (Object.hasOwn(SUBSET, name) && SUBSET[name]?.(value) === true) continue;
    throw invalidRequest(
      `The body may hold ${Object.keys(SUBSET).join(", ")}, of the right types.`,
    );
  }
  return JSON.stringify(body);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed() && !value.includes("\0");
}

function isCount(value: unknown): boolean {
  return JSON.isRawJSON(value) && /^\d{1,18}$/.test(JSON.stringify(value));
}

function isParam([key, value]: [string, unknown]): boolean {
  return /^\d+$/.test(key) &&
    (isText(value) || typeof value === "boolean" || JSON.isRawJSON(value));
}

function isStructure(value: unknown): value is object {
  return typeof value === "object" && value !== null && !JSON.isRawJSON(value);
}
