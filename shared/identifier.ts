import { invalidRequest } from "./refusal.ts";

const GRAPHEMES = new Intl.Segmenter();
const UNQUOTED = /^[\p{L}_][\p{L}\p{M}_0-9$]*$/u;

/** A table's schema and name as Postgres stores them. */
export interface Relation {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads one SQL identifier by Electric's rules: `"Quoted"` is taken as it is, with `""` for a
 * quote; anything else must be letters, digits, `_` and `$`, and folds A-Z to lower case (other
 * letters don't fold in UTF-8 databases); 63 characters at most. `field` is named in the error.
 */
export function parseName(text: string, field: string): string {
  const quoted = /^"((?:[^"]|"")*)"$/s.exec(text)?.[1];
  const name = quoted?.replaceAll('""', '"') ?? text.replace(/[A-Z]/g, (c) => c.toLowerCase());
  if (name === "") throw invalidRequest(`${field} has a blank name in it.`);
  if (quoted === undefined && !UNQUOTED.test(text)) {
    throw invalidRequest(`${field} has a special character or an open quote; use double quotes.`);
  }
  if ([...name].length > 63) throw invalidRequest(`${field} has a name of over 63 characters.`);
  // Electric takes the quotes off by graphemes: of `"` and a combining accent, it takes both.
  const ends = quoted === undefined ? [] : [...GRAPHEMES.segment(text)];
  if ([ends.at(0), ends.at(-1)].some((end) => end !== undefined && end.segment !== '"')) {
    throw invalidRequest(`${field} has a name with a mark that joins its quotes.`);
  }
  return name;
}

/** Reads names with a delimiter between them; inside quotes it counts for nothing. */
export function parseNames(text: string, delimiter: "." | ",", field: string): string[] {
  const parts = [""];
  let quoted = false;
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    if (char === delimiter && !quoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts.map((part) => parseName(part, field));
}

/** Reads `table`, `schema.table` or quoted forms of either; the schema is `public` by default. */
export function parseRelation(text: string, field: string): Relation {
  const [name = "", namespace = "public", ...more] = parseNames(text, ".", field).reverse();
  if (more.length > 0) throw invalidRequest(`${field} has two dots; quote a name that holds one.`);
  return { namespace, name };
}

/** Writes a name so that {@link parseName} reads the same name; quoted only where needed. */
export function formatName(name: string): string {
  return UNQUOTED.test(name) && !/[A-Z]/.test(name) ? name : quoteName(name);
}

/** Writes a name in double quotes, safe inside an SQL statement too. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a relation so that {@link parseRelation} reads the same one; `public.` is left out. */
export function formatRelation({ namespace, name }: Relation): string {
  return (namespace === "public" ? [name] : [namespace, name]).map(formatName).join(".");
}
