import { invalidRequest } from "./refusal.ts";

/** Longest name or value that is read, in UTF-16 code units. */
const MAX_TEXT = 8192;

/**
 * Splits a request's URL into path and query, exactly as they came. `new URL` would resolve `..`
 * and turn `\` into `/`, and what a path means must not depend on who reads it.
 */
export function targetOf({ url, headers }: Request): { path: string; query: string } {
  // Deno puts the Host header before the path as it is: a path in there isn't the one that was asked.
  if (/[/?]/.test(headers.get("host") ?? "")) return { path: "", query: "" };
  const [, path = "", query = ""] = /^[^:]*:\/\/[^/?]*([^?]*)\??(.*)$/s.exec(url) ?? [];
  return { path, query };
}

/**
 * Gives a value that is a text, unless two readers could understand it differently: control
 * characters, NUL, lone surrogates, over-long values are refused.
 */
export function readText(field: string, value: unknown): string {
  if (typeof value !== "string") throw invalidRequest(`${field} must be there, as a text.`);
  if (value.length > MAX_TEXT) throw invalidRequest(`${field} is over ${MAX_TEXT} characters.`);
  if (!/\p{Cc}|\p{Cs}/u.test(value)) return value;
  throw invalidRequest(`${field} holds a control character, such as a line break.`);
}

/**
 * Reads a query string (or a form body) into pairs, in order, strictly: bad percent-encoding and
 * bad UTF-8 are refused instead of passed through or replaced.
 */
export function readQuery(query: string): [name: string, value: string][] {
  try {
    decodeURIComponent(query);
  } catch {
    throw invalidRequest("The query is not valid percent-encoded UTF-8.");
  }
  // A question mark at the beginning would be dropped without the ampersand.
  const pairs = [...new URLSearchParams(`&${query}`)];
  for (const [name, value] of pairs) readText(name.slice(0, 24) || "A name", name + value);
  return pairs;
}

/** Writes pairs as the pieces of a query, such as `table=items`; those without a value are left out. */
export function writeQuery(pairs: readonly (readonly [string, string | null | undefined])[]) {
  const write = (text: string | null | undefined) => encodeURIComponent(text ?? "");
  return pairs.filter(([, value]) => value != null).map((pair) => pair.map(write).join("="));
}
