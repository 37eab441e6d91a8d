/** A number as it was written: digits beyond 2^53 must survive. */
export class JsonNumber {
  constructor(readonly source: string) {}
}

/** Any value a request can carry, in its query or its JSON body. */
export type JsonValue =
  | string
  | boolean
  | null
  | JsonNumber
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Parses JSON, keeping numbers as written. Throws a SyntaxError on anything else. */
export function parseJson(text: string): JsonValue {
  return JSON.parse(
    text,
    (_, value, context?: { source?: string }) =>
      typeof value === "number" ? new JsonNumber(context?.source ?? `${value}`) : value,
  );
}

/** Whether a value is a JSON object. */
export function isObject(
  value: JsonValue | undefined,
): value is { readonly [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof JsonNumber);
}

/** A scalar as Elixir writes it into a string; undefined for lists and objects. */
export function toText(value: JsonValue): string | undefined {
  if (value === null) return "";
  if (value instanceof JsonNumber) return value.source;
  return typeof value === "object" ? undefined : `${value}`;
}
