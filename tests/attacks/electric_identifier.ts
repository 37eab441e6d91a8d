/** Electric's own answer instead of a shape: another route, or its 400. */
export class NotServed extends Error {
  override readonly name = "NotServed";
}

/** Electric takes quotes off with `String.slice`, which counts graphemes, not characters. */
const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Reads `table` or `schema.table` (Electric's `Identifiers.parse_relation`). */
export function readRelation(text: string): [namespace: string, name: string] {
  const parts = [""];
  let quoted = false;
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    if (char === "." && !quoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  const [first = "", second, ...more] = parts.map(readIdentifier);
  if (more.length > 0) throw new NotServed("too many dots");
  return second === undefined ? ["public", first] : [first, second];
}

/** Reads a text of columns (`Utils.parse_columns_param`): commas count with even quotes after them. */
export function readIdentifiers(text: string): string[] {
  return text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map(readIdentifier);
}

function readIdentifier(text: string): string {
  const name = text.startsWith('"') && text.endsWith('"') ? unquote(text) : fold(text);
  if ([...GRAPHEMES.segment(name)].length > 63) throw new NotServed("too long a name");
  return name;
}

function unquote(text: string): string {
  const inside = [...GRAPHEMES.segment(text)].slice(1, -1).map(({ segment }) => segment).join("");
  if (inside === "" || /(?<!")"(?!")/.test(inside)) throw new NotServed(`quotes in ${text}`);
  return inside.replaceAll('""', '"');
}

function fold(text: string): string {
  if (!/^[\p{L}_][\p{L}\p{M}_0-9$]*$/u.test(text)) throw new NotServed(`no identifier: ${text}`);
  return text.replace(/[A-Z]/g, (char) => char.toLowerCase());
}
