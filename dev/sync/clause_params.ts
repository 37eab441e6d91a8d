import { isObject, type JsonValue, parseJson, toText } from "./json.ts";
import { invalid, InvalidRequest } from "./request_params.ts";

/**
 * The values of a clause's `$1`, `$2`, …, by number. Throws {@link InvalidRequest} under `field`
 * when a key is no number or one is missing before the last.
 */
export function numberParams(params: JsonValue, refuse: (reason: string) => InvalidRequest) {
  const values = new Map<number, string>();
  for (const [name, value] of Object.entries(isObject(params) ? params : {})) {
    if (!/^[+-]?\d+$/.test(name)) throw refuse("Parameters can only use numbers as keys");
    const text = toText(value);
    if (text === undefined) throw refuse("is invalid");
    values.set(Number(name), text);
  }
  const isSequence = [...values.keys()].sort((a, b) => a - b).every((key, i) => key === i + 1);
  if (!isSequence) throw refuse("Parameters must be numbered sequentially, starting from 1");
  return values;
}

/** A subset's `params`: an object, or one written as JSON in the query. */
export function readSubsetParams(params: JsonValue): JsonValue {
  if (typeof params !== "string") return params;
  if (params.trim() === "") return {};
  try {
    const read = parseJson(params);
    if (!isObject(read)) throw invalid("params", "params must be a JSON object");
    return read;
  } catch (error) {
    if (error instanceof InvalidRequest) throw error;
    throw invalid("params", "params must be valid JSON");
  }
}
