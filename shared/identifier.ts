import { invalidRequest } from "./refusal.ts";

const UNQUOTED = /^[\p{L}_][\p{L}\p{M}_0-9$]*$/u;
const MAX_LENGTH = 63;

/** A table's schema and name as Postgres stores them. */
export interface Relation {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads one SQL identifier by Electric's rules: `"Quoted"` is taken as it is, with `""` for a
 * quote; anything else must be letters, digits, `_` and `$`, and folds A-Z to lower case (other
 * letters don't fold in UTF-8 databases). `field` is named in the error.
 */
export function parseIdentifier(text: string, field: string): string {
  const quoted = /^"((?:[^"]|"")*)"$/s.exec(text)?.[1];
  const name = quoted?.replaceAll('""', '"') ?? text.replace(/[A-Z]/g, (c) => c.toLowerCase());
  if (name === "") throw invalidRequest(`${field} has a blank name in it.`);
  if (quoted === undefined && !UNQUOTED.test(text)) {
    throw invalidRequest(
      `${field} has a name with special characters or an unclosed quote; put it in double quotes.`,
    );
  }
  if ([...name].length > MAX_LENGTH) {
    throw invalidRequest(`${field} has a name longer than ${MAX_LENGTH} characters.`);
  }
  return name;
}

/** Reads `table`, `schema.table` or quoted forms of either; the schema is `public` by default. */
export function parseRelation(text: string, field: string): Relation {
  const parts = splitOutsideQuotes(text, ".").map((part) => parseIdentifier(part, field));
  const name = parts.pop();
  if (name === undefined || parts.length > 1) {
    throw invalidRequest(`${field} has more than one dot; quote a name that holds one.`);
  }
  return { namespace: parts[0] ?? "public", name };
}

/** Reads a comma-separated list of identifiers. */
export function parseIdentifierList(text: string, field: string): string[] {
  return splitOutsideQuotes(text, ",").map((item) => parseIdentifier(item, field));
}

/** Writes a name so that {@link parseIdentifier} reads the same name; quoted only where needed. */
export function formatIdentifier(name: string): string {
  return UNQUOTED.test(name) && !/[A-Z]/.test(name) ? name : quoteIdentifier(name);
}

/** Writes a name in double quotes, safe inside an SQL statement too. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a relation so that {@link parseRelation} reads the same one; `public.` is left out. */
export function formatRelation({ namespace, name }: Relation): string {
  return (namespace === "public" ? [name] : [namespace, name]).map(formatIdentifier).join(".");
}

function splitOutsideQuotes(text: string, delimiter: string): string[] {
  const parts = [""];
  let quoted = false;
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    if (char === delimiter && !quoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}
