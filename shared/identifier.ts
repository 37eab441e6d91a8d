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
 * quote; anything else must be letters, digits, `_` and `$`, and folds A-Z to lower case.
 * `field` is named in the error.
 */
export function parseIdentifier(text: string, field: string): string {
  if (text === "" || text === '""' || text === '"') {
    throw invalidRequest(`${field} has a blank name in it.`);
  }
  const name = text.startsWith('"') ? unquote(text, field) : fold(text, field);
  if ([...name].length > MAX_LENGTH) {
    throw invalidRequest(`${field} has a name longer than ${MAX_LENGTH} characters.`);
  }
  return name;
}

/** Reads `table`, `schema.table` or quoted forms of either; the schema is `public` by default. */
export function parseRelation(text: string, field: string): Relation {
  const [first, second, ...rest] = splitOutsideQuotes(text, ".");
  if (first === undefined || rest.length > 0) {
    throw invalidRequest(`${field} has more than one dot; quote a name that holds one.`);
  }
  return second === undefined
    ? { namespace: "public", name: parseIdentifier(first, field) }
    : { namespace: parseIdentifier(first, field), name: parseIdentifier(second, field) };
}

/** Reads a comma-separated list of identifiers. */
export function parseIdentifierList(text: string, field: string): string[] {
  return splitOutsideQuotes(text, ",").map((item) => parseIdentifier(item, field));
}

/** Writes a name so that {@link parseIdentifier} reads the same name; quoted only where needed. */
export function formatIdentifier(name: string): string {
  const plain = UNQUOTED.test(name) && !/[A-Z]/.test(name);
  return plain ? name : quoteIdentifier(name);
}

/** Writes a name in double quotes, safe inside an SQL statement too. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a relation so that {@link parseRelation} reads the same one; `public.` is left out. */
export function formatRelation(relation: Relation): string {
  const name = formatIdentifier(relation.name);
  return relation.namespace === "public" ? name : `${formatIdentifier(relation.namespace)}.${name}`;
}

function unquote(text: string, field: string): string {
  const inner = text.slice(1, -1);
  if (!text.endsWith('"') || inner.replaceAll('""', "").includes('"')) {
    throw invalidRequest(`${field} has an unclosed or stray double quote.`);
  }
  return inner.replaceAll('""', '"');
}

// Postgres and Electric fold only A-Z in UTF-8 databases, so toLowerCase() would fold too much.
function fold(text: string, field: string): string {
  if (!UNQUOTED.test(text)) {
    throw invalidRequest(
      `${field} has a name with special characters; put it in double quotes (%22 in a URL).`,
    );
  }
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function splitOutsideQuotes(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (!quoted && text[i] === delimiter) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
