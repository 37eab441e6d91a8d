import { invalidRequest, Refusal } from "./refusal.ts";

/** Largest request body that is read, in bytes. */
const MAX_BODY = 1024 * 1024;

/** Numbers as they were written: the official client sends integers beyond 2^53 bare. */
declare global {
  interface JSON {
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): boolean;
  }
}

/** Reads a body as UTF-8 text; throws a 413 {@link Refusal} beyond 1 MiB, 400 for bad UTF-8. */
export async function readText(request: Request): Promise<string> {
  const tooLarge = () => new Refusal("body_too_large", "The body is larger than 1 MiB.");
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY) {
    await request.body?.cancel();
    throw tooLarge();
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_BODY) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw invalidRequest("The body could not be read as UTF-8 text.");
  }
}

/**
 * Reads a body as a JSON object. Numbers come as `JSON.rawJSON` values, which `JSON.stringify`
 * writes with the digits they came with. With `emptyAsObject`, no body at all is an empty object.
 */
export async function readJsonObject(
  request: Request,
  options: { readonly emptyAsObject?: boolean } = {},
): Promise<Record<string, unknown>> {
  const text = await readText(request);
  if (text === "" && options.emptyAsObject === true) return {};
  const value = parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidRequest("The body must be a JSON object.");
  }
  return { ...value };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    throw invalidRequest("The body is not valid JSON.");
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === "number" ? JSON.rawJSON(context?.source ?? String(value)) : value;
}
