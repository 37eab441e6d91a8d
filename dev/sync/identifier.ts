/** A table as Postgres stores its name: case folded and unquoted. */
export interface RelationName {
  readonly schema: string;
  readonly table: string;
}

/** Either what was parsed, or Electric's sentence on why it couldn't be. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly reason: string;
};

const MAX_LENGTH = 63;

/**
 * Reads one identifier by Electric's rules: a quoted one is kept as it is, an unquoted one may hold
 * letters, digits, `_` and `$` and folds to lower case, in ASCII only as Postgres folds UTF-8.
 */
export function parseIdentifier(text: string): Parsed<string> {
  const quoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"');
  const inner = quoted ? text.slice(1, -1) : text;
  if (inner === "") return failed("Invalid zero-length delimited identifier");
  if (quoted && /(?<!")"(?!")/.test(inner)) {
    return failed(`Invalid identifier with unescaped quote: ${inner}`);
  }
  if (!quoted && !/^[\p{L}_][\p{L}\p{M}_0-9$]*$/u.test(inner)) {
    return failed(`Invalid unquoted identifier contains special characters: ${inner}`);
  }
  const value = quoted
    ? inner.replaceAll('""', '"')
    : inner.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if ([...value].length > MAX_LENGTH) {
    return failed(`Identifier is too long (max length is ${MAX_LENGTH})`);
  }
  return { ok: true, value };
}

/** Reads `table` or `schema.table`; without a schema it is `public`. */
export function parseRelation(text: string): Parsed<RelationName> {
  const parts = splitOutsideQuotes(text, ".");
  if (parts.length > 2) {
    return failed(`Invalid relation identifier, too many delimiters: ${text}`);
  }
  const [first = "", second] = parts;
  const head = parseIdentifier(first);
  if (!head.ok) return head;
  if (second === undefined) return { ok: true, value: { schema: "public", table: head.value } };
  const table = parseIdentifier(second);
  if (!table.ok) return table;
  return { ok: true, value: { schema: head.value, table: table.value } };
}

/** Reads a comma separated list of identifiers, in the order given. */
export function parseIdentifierList(text: string): Parsed<string[]> {
  const names: string[] = [];
  for (const part of splitOutsideQuotes(text, ",")) {
    const name = parseIdentifier(part);
    if (!name.ok) return name;
    names.push(name.value);
  }
  return { ok: true, value: names };
}

/** Quotes an identifier for SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a relation as SQL: both names quoted. */
export function quoteRelation({ schema, table }: RelationName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

function splitOutsideQuotes(text: string, delimiter: string): string[] {
  const parts = [""];
  let inQuotes = false;
  for (const char of text) {
    if (char === '"') inQuotes = !inQuotes;
    if (char === delimiter && !inQuotes) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

function failed(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
