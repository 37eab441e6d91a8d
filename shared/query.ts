import { invalidRequest } from "./refusal.ts";

/** Longest name or value that is read, in UTF-16 code units. */
export const MAX_TEXT = 8192;

/** As much of a parameter's name as an error shows. */
const SHOWN_NAME = 24;

/** Characters that two readers could understand differently: controls, NUL, lone surrogates. */
export const AMBIGUOUS = /\p{Cc}|\p{Cs}/u;

/** A URL in its parts, none of them decoded: scheme and authority, path, query. */
const URL_PARTS = /^[^:]*:\/\/[^/?]*(?<path>[^?]*)\??(?<query>.*)$/s;

/** What a request asks for, exactly as it came. */
export interface Target {
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
}

/**
 * Splits a request's URL into path and query, exactly as they came. `new URL` would resolve `..`
 * and turn `\` into `/`, and what a path means must not depend on who reads it.
 */
export function targetOf({ url, headers }: Request): Target {
  // Deno puts the Host header before the path as it is: a path in there isn't the one that was asked.
  const host = headers.get("host") ?? "";
  if (/[/?]/.test(host)) return { path: "", query: "" };
  const parts = URL_PARTS.exec(url)?.groups;
  return { path: parts?.["path"] ?? "", query: parts?.["query"] ?? "" };
}

/**
 * Gives a value that is a text, unless two readers could understand it differently: control
 * characters, NUL, lone surrogates, over-long values are refused.
 */
export function readText(field: string, value: unknown): string {
  if (typeof value !== "string") throw invalidRequest(`${field} must be there, as a text.`);
  if (value.length > MAX_TEXT) throw invalidRequest(`${field} is over ${MAX_TEXT} characters.`);
  if (AMBIGUOUS.test(value)) {
    throw invalidRequest(`${field} holds a control character, such as a line break.`);
  }
  return value;
}

/**
 * Reads a query string (or a form body) into pairs, in order, strictly: bad percent-encoding and
 * bad UTF-8 are refused instead of passed through or replaced.
 */
export function readQuery(query: string): [name: string, value: string][] {
  checkEncoding(query);
  // A question mark at the beginning would be dropped without the ampersand.
  const pairs = [...new URLSearchParams(`&${query}`)];
  for (const [name, value] of pairs) readText(name.slice(0, SHOWN_NAME) || "A name", name + value);
  return pairs;
}

function checkEncoding(query: string): void {
  try {
    decodeURIComponent(query);
  } catch {
    throw invalidRequest("The query is not valid percent-encoded UTF-8.");
  }
}

/** Writes pairs as the pieces of a query, such as `table=items`; those without a value are left out. */
export function writeQuery(
  pairs: readonly (readonly [name: string, value: string | null | undefined])[],
): string[] {
  const pieces: string[] = [];
  for (const [name, value] of pairs) {
    if (value === null || value === undefined) continue;
    pieces.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  }
  return pieces;
}
