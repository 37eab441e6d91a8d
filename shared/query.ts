import { invalidRequest } from "./refusal.ts";

/** Longest name or value that is read, in UTF-16 code units. */
const MAX_TEXT = 8192;

/** A name and its value, as in a query string. */
export type Pair = readonly [name: string, value: string];

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
 * Refuses text that two readers could understand differently: control characters, NUL, lone
 * surrogates, over-long values.
 */
export function checkText(field: string, text: string): string {
  if (text.length > MAX_TEXT) throw invalidRequest(`${field} is over ${MAX_TEXT} characters long.`);
  if (!/\p{Cc}/u.test(text) && text.isWellFormed()) return text;
  throw invalidRequest(`${field} holds a control character, such as a line break.`);
}

/**
 * Reads a query string (or a form body) into pairs, in order, strictly: bad percent-encoding and
 * bad UTF-8 are refused instead of passed through or replaced.
 */
export function readQuery(query: string): Pair[] {
  return query.split("&").filter((piece) => piece !== "").map((piece) => {
    const mark = `${piece}=`.indexOf("=");
    const name = decode(piece.slice(0, mark), "A parameter's name");
    const label = /^[\w[\]-]{1,40}$/.test(name) ? name : "A parameter";
    return [name, decode(piece.slice(mark + 1), label)];
  });
}

function decode(text: string, field: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidRequest(`${field} is not valid percent-encoded UTF-8.`);
  }
  return checkText(field, decoded);
}
