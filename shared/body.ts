import { watch } from "./clock.ts";
import { invalidRequest, Refusal } from "./refusal.ts";

/** TypeScript doesn't know these yet (ECMAScript 2026). */
const rawJSON: (text: string) => unknown = Reflect.get(JSON, "rawJSON");
const isRawJSON: (value: unknown) => boolean = Reflect.get(JSON, "isRawJSON");

/** Milliseconds that a body may take to arrive. */
const ARRIVES_WITHIN = 10_000;

/**
 * Reads a body as UTF-8 text; throws a 413 {@link Refusal} beyond 1 MiB, 400 for bad UTF-8, 408 when
 * it hasn't all arrived `within` so many milliseconds.
 */
export async function readBody(request: Request, within = ARRIVES_WITHIN): Promise<string> {
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const [began, decoder] = [Date.now(), new TextDecoder("utf-8", { fatal: true })];
  let [text, size, late] = ["", 0, false];
  const unwatch = watch(() => {
    if (Date.now() - began <= within) return;
    late = true;
    reader.cancel().catch(() => {});
  });
  try {
    for (let next; !(next = await reader.read()).done;) {
      size += next.value.byteLength;
      if (size > 1024 * 1024) throw new Refusal(413, "body_too_large", "The body is over 1 MiB.");
      text += decoder.decode(next.value, { stream: true });
    }
    if (!late) return text + decoder.decode();
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof Refusal) throw error;
  } finally {
    unwatch();
  }
  if (!late) throw invalidRequest("The body isn't whole UTF-8 text.");
  const message = `The body didn't arrive within ${within / 1000} s. Send it at once.`;
  throw new Refusal(408, "body_too_slow", message, { connection: "close" });
}

/**
 * Reads a text as a JSON object. Numbers come as `JSON.rawJSON` values, which `JSON.stringify`
 * writes with the digits they came with: the official client sends integers beyond 2^53 bare.
 */
export function parseObject(text: string): Record<string, unknown> {
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? rawJSON(context?.source ?? `${value}`) : value;
  try {
    const value: unknown = JSON.parse(text, keep);
    if (isStructure(value) && !Array.isArray(value) && JSON.stringify(value)) return { ...value };
  } catch {
    // Not JSON, or nested too deeply to be read or written.
  }
  throw invalidRequest("The body must be a JSON object.");
}

/**
 * Reads the body of a subset query and writes it anew, with nothing in it but what a subset query
 * may say: Electric merges a body over the query, so `{"table": "secrets"}` would replace the
 * signed table. Gives JSON; throws a 400 or 413 {@link Refusal}.
 */
export async function readSubset(request: Request): Promise<string> {
  const body = parseObject(await readBody(request));
  if (Object.entries(body).every(isOfSubset)) return JSON.stringify(body);
  throw invalidRequest("The body may hold a subset query, of the right types, and nothing else.");
}

function isOfSubset([name, value]: [string, unknown]): boolean {
  if (name === "where" || name === "order_by") return isText(value);
  if (name === "where_expr" || name === "order_by_expr") return isStructure(value);
  if (name === "params") return isStructure(value) && Object.entries(value).every(isParam);
  const count = isRawJSON(value) && /^\d{1,18}$/.test(JSON.stringify(value));
  return (name === "limit" || name === "offset") && count;
}

const isText = (value: unknown) => typeof value === "string" && !/\0|\p{Cs}/u.test(value);

const isParam = ([key, value]: [string, unknown]) =>
  /^\d+$/.test(key) && (isText(value) || typeof value === "boolean" || isRawJSON(value));

/** Values of `JSON.rawJSON` have no prototype. */
const isStructure = (value: unknown): value is object => value instanceof Object;
