import { type Watch, watchTogether } from "./clock.ts";
import { invalidRequest, Refusal } from "./refusal.ts";

/** TypeScript doesn't know these yet (ECMAScript 2026). */
const rawJSON: (text: string) => unknown = Reflect.get(JSON, "rawJSON");
/** Whether a value is a number that {@link parseObject} has read. */
export const isRawJSON: (value: unknown) => boolean = Reflect.get(JSON, "isRawJSON");

/** Milliseconds that a body may take to arrive. */
const ARRIVES_WITHIN = 10_000;

/** Longest body, in KiB. */
const MAX_KIB = 1024;

/** How a body is read. */
export interface BodyOptions {
  readonly watch?: Watch;
  /** Milliseconds that it may take to arrive. */
  readonly within?: number;
  /** How long it may be: reading takes its time, also of what is refused then. */
  readonly maxKib?: number;
}

/**
 * Reads a body as UTF-8 text; throws a 413 {@link Refusal} beyond 1 MiB, or `maxKib`, 400 for bad UTF-8,
 * 408 when it hasn't all arrived `within` so many milliseconds.
 */
export async function readBody(
  request: Pick<Request, "body">,
  { watch = watchTogether, within = ARRIVES_WITHIN, maxKib = MAX_KIB }: BodyOptions = {},
): Promise<string> {
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const began = Date.now();
  let isLate = false;
  const unwatch = watch(() => {
    if (Date.now() - began <= within) return;
    isLate = true;
    reader.cancel().catch(() => {});
  });
  try {
    const text = await readUtf8(reader, maxKib);
    if (!isLate) return text;
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof Refusal) throw error;
  } finally {
    unwatch();
  }
  throw isLate ? tooSlow(within) : invalidRequest("The body isn't whole UTF-8 text.");
}

async function readUtf8(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxKib: number,
): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let size = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > 1024 * maxKib) throw tooLarge(maxKib);
    text += decoder.decode(value, { stream: true });
  }
}

function tooLarge(maxKib: number): Refusal {
  const size = maxKib >= 1024 ? `${maxKib / 1024} MiB` : `${maxKib} KiB`;
  return new Refusal(413, "body_too_large", `The body is over ${size}.`);
}

function tooSlow(within: number): Refusal {
  const message = `The body didn't arrive within ${within / 1000} s. Send it at once.`;
  return new Refusal(408, "body_too_slow", message, { connection: "close" });
}

/**
 * Reads a text as JSON, such as could be written again. Numbers come as `JSON.rawJSON` values, which
 * `JSON.stringify` writes with the digits they came with: the official client sends integers beyond
 * 2^53 bare. Gives `undefined` for what isn't JSON, or is nested too deeply.
 */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text, keepDigits);
    return JSON.stringify(value) === undefined ? undefined : value;
  } catch {
    return undefined;
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" ? rawJSON(context?.source ?? `${value}`) : value;
}

/** Reads a text as a JSON object, as {@link parseJson} does. Throws a 400 {@link Refusal}. */
export function parseObject(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (value instanceof Object && !Array.isArray(value)) return { ...value };
  throw invalidRequest("The body must be a JSON object.");
}
