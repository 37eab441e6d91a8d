import { invalidRequest } from "./refusal.ts";

/** Longest name or value that is read, in UTF-16 code units. */
const MAX_TEXT = 8192;
const CONTROL = /\p{Cc}/u;

/** The raw path and query of a request's URL, exactly as they came. */
export interface Target {
  readonly path: string;
  readonly query: string;
}

/**
 * Splits a request's URL without parsing it as one: `new URL` would resolve `..` and turn `\` into
 * `/`, and what a path means must not depend on who reads it.
 */
export function targetOf(request: Request): Target {
  const url = request.url;
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start === -1) return { path: "/", query: "" };
  const mark = url.indexOf("?", start);
  return mark === -1
    ? { path: url.slice(start), query: "" }
    : { path: url.slice(start, mark), query: url.slice(mark + 1) };
}

/**
 * Refuses text that two readers could understand differently: control characters, NUL, lone
 * surrogates, over-long values.
 */
export function checkText(field: string, text: string): string {
  if (text.length > MAX_TEXT) {
    throw invalidRequest(`${field} is longer than ${MAX_TEXT} characters.`);
  }
  if (CONTROL.test(text)) {
    throw invalidRequest(`${field} holds a control character; leave out line breaks and tabs.`);
  }
  if (!text.isWellFormed()) throw invalidRequest(`${field} is not well-formed Unicode.`);
  return text;
}

/**
 * Reads a query string (or a form body) into name and value pairs, in order, strictly: bad
 * percent-encoding and bad UTF-8 are refused instead of passed through or replaced.
 */
export function readQuery(query: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  if (query === "") return pairs;
  for (const piece of query.split("&")) {
    if (piece === "") continue;
    const mark = piece.indexOf("=");
    const name = decode(mark === -1 ? piece : piece.slice(0, mark), "A parameter's name");
    const label = /^[\w[\]-]{1,40}$/.test(name) ? name : "A parameter";
    checkText("A parameter's name", name);
    pairs.push([name, checkText(label, mark === -1 ? "" : decode(piece.slice(mark + 1), label))]);
  }
  return pairs;
}

function decode(text: string, field: string): string {
  if (text.includes("#")) throw invalidRequest(`${field} holds a bare "#"; write %23.`);
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidRequest(`${field} is not valid percent-encoded UTF-8.`);
  }
}
