import { readJsonObject } from "./body.ts";
import { invalidRequest } from "./refusal.ts";

const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  where: isText,
  order_by: isText,
  limit: isCount,
  offset: isCount,
  params: isParams,
  where_expr: isStructure,
  order_by_expr: isStructure,
};

/**
 * Reads the body of a subset query and writes it anew, with nothing in it but what a subset query
 * may say: Electric merges a body over the query, so `{"table": "secrets"}` would replace the
 * signed table. Numbers keep their digits. Gives JSON; throws a 400 or 413 {@link Refusal}.
 */
export async function readSubset(request: Request): Promise<string> {
  const body = await readJsonObject(request);
  for (const [name, value] of Object.entries(body)) {
    const fits = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (fits === undefined) {
      throw invalidRequest(
        "The body has an unknown field; known are " + Object.keys(FIELDS).join(", ") + ".",
      );
    }
    if (!fits(value)) throw invalidRequest(`The body's ${name} has the wrong type.`);
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

function isScalar(value: unknown): boolean {
  return isText(value) || typeof value === "boolean" || JSON.isRawJSON(value);
}

function isParams(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isScalar);
  return typeof value === "object" && value !== null && !JSON.isRawJSON(value) &&
    Object.entries(value).every(([key, item]) => /^[1-9]\d{0,4}$/.test(key) && isScalar(item));
}

function isStructure(value: unknown): boolean {
  return typeof value === "object" && value !== null && !JSON.isRawJSON(value);
}
