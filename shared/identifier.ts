import { invalidRequest } from "./refusal.ts";

/** What Electric takes for a name without quotes. */
const UNQUOTED = /^[\p{L}_][\p{L}\p{M}_0-9$]*$/u;

/** A name in double quotes, a quote in it doubled. */
const QUOTED = /^"((?:[^"]|"")+)"$/s;

/** Longest name, in characters: Postgres's. */
const MAX_NAME = 63;

/**
 * Reads one SQL identifier by Electric's rules: `"Quoted"` is taken as it is, with `""` for a
 * quote; anything else must be letters, digits, `_` and `$`, and folds A-Z to lower case (other
 * letters don't fold in UTF-8 databases); 63 characters at most. `field` is named in the error.
 */
export function parseName(text: string, field: string): string {
  const name = parseQuoted(text) ?? parseUnquoted(text);
  const isGood = name !== null && [...name].length <= MAX_NAME && !joinsItsQuotes(name);
  if (isGood) return name;
  throw invalidRequest(`${field} has a name that is blank, too long, or lacks double quotes.`);
}

function parseQuoted(text: string): string | null {
  return QUOTED.exec(text)?.[1]?.replaceAll('""', '"') ?? null;
}

function parseUnquoted(text: string): string | null {
  return UNQUOTED.test(text) ? foldCase(text) : null;
}

const foldCase = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/**
 * Whether a name begins or ends with what a quote before or behind it would become one character
 * with. Electric takes the quotes off by graphemes: of `"` and a combining accent, it takes both.
 */
function joinsItsQuotes(name: string): boolean {
  const isAscii = /^[ -~]*$/.test(name);
  if (isAscii) return false;
  const characters = [...graphemes().segment(`"${name}"`)];
  return characters.at(0)?.segment !== '"' || characters.at(-1)?.segment !== '"';
}

let segmenter: Intl.Segmenter | undefined;

/** Made at first use, and once: a new one takes longer than what it reads. */
function graphemes(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter();
  return segmenter;
}

/** Reads names with a delimiter between them; inside quotes it counts for nothing. */
export function parseNames(text: string, delimiter: "." | ",", field: string): string[] {
  const part = delimiter === "." ? /\.(?:"[^"]*"|[^.])*/g : /,(?:"[^"]*"|[^,])*/g;
  const parts = `${delimiter}${text}`.match(part) ?? [];
  return parts.map((part) => parseName(part.slice(1), field));
}

/** Writes a name so that {@link parseName} reads the same name; quoted only where needed. */
export function formatName(name: string): string {
  return parseUnquoted(name) === name ? name : quoteName(name);
}

/** Writes a name in double quotes, safe inside an SQL statement too. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a table's name as Electric reads it, without `public`. */
export function formatTable(schema: string, name: string): string {
  if (schema === "public") return formatName(name);
  return `${formatName(schema)}.${formatName(name)}`;
}

/** Writes a table's name in double quotes, with its schema's. */
export function quoteTable(schema: string, name: string): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}
