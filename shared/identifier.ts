import { invalidRequest } from "./refusal.ts";

const UNQUOTED = /^[\p{L}_][\p{L}\p{M}_0-9$]*$/u;

/**
 * Reads one SQL identifier by Electric's rules: `"Quoted"` is taken as it is, with `""` for a
 * quote; anything else must be letters, digits, `_` and `$`, and folds A-Z to lower case (other
 * letters don't fold in UTF-8 databases); 63 characters at most. `field` is named in the error.
 */
export function parseName(text: string, field: string): string {
  const quoted = /^"((?:[^"]|"")+)"$/s.exec(text)?.[1]?.replaceAll('""', '"');
  const name = quoted ??
    (UNQUOTED.test(text) ? text.replace(/[A-Z]/g, (c) => c.toLowerCase()) : "");
  // Electric takes the quotes off by graphemes: of `"` and a combining accent, it takes both.
  const marks = /^[ -~]*$/.test(name) ? [] : [...new Intl.Segmenter().segment(`"${name}"`)];
  const joined = [marks.at(0), marks.at(-1)].some((mark) => mark && mark.segment !== '"');
  if (name !== "" && !joined && [...name].length <= 63) return name;
  throw invalidRequest(`${field} has a name that is blank, too long, or lacks double quotes.`);
}

/** Reads names with a delimiter between them; inside quotes it counts for nothing. */
export function parseNames(text: string, delimiter: "." | ",", field: string): string[] {
  const part = delimiter === "." ? /\.(?:"[^"]*"|[^.])*/g : /,(?:"[^"]*"|[^,])*/g;
  return (`${delimiter}${text}`.match(part) ?? []).map((part) => parseName(part.slice(1), field));
}

/** Writes a name so that {@link parseName} reads the same name; quoted only where needed. */
export const formatName = (name: string): string =>
  UNQUOTED.test(name) && !/[A-Z]/.test(name) ? name : quoteName(name);

/** Writes a name in double quotes, safe inside an SQL statement too. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
