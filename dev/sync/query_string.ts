/** A decoded query: strings, and what `a[]=` and `a[b]=` make of them. */
export type QueryValue = string | QueryValue[] | { [name: string]: QueryValue };
export type Query = Record<string, QueryValue>;

/**
 * Decodes a query string as Elixir's Plug does: the last of duplicates wins, `a[]=x` makes a list,
 * `a[b]=x` an object, a `%` that isn't an escape stays. Undefined when the bytes aren't UTF-8.
 */
export function decodeQuery(text: string): Query | undefined {
  const query: Query = Object.create(null);
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const split = pair.indexOf("=");
    const name = decodeForm(split < 0 ? pair : pair.slice(0, split));
    const value = decodeForm(split < 0 ? "" : pair.slice(split + 1));
    if (name === undefined || value === undefined) return undefined;
    const [root = "", ...path] = splitName(name);
    query[root] = place(query[root], path, value);
  }
  return query;
}

/** Decodes percent escapes and `+`; undefined when the bytes aren't UTF-8. */
function decodeForm(text: string): string | undefined {
  const bytes = [...new TextEncoder().encode(text.replaceAll("+", " "))];
  const decoded: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    const hex = String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0);
    const isEscape = byte === 0x25 && /^[0-9a-f]{2}$/i.test(hex);
    decoded.push(isEscape ? parseInt(hex, 16) : byte);
    if (isEscape) i += 2;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(new Uint8Array(decoded));
  } catch {
    return undefined;
  }
}

/** `a[b][]` is `a`, `b` and an empty part. */
function splitName(name: string): string[] {
  const match = /^([^[]+)((?:\[[^\]]*\])+)$/.exec(name);
  if (match === null) return [name];
  const [, root = "", rest = ""] = match;
  return [root, ...rest.slice(1, -1).split("][")];
}

function place(
  current: QueryValue | undefined,
  path: readonly string[],
  value: string,
): QueryValue {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (part === "") return [...Array.isArray(current) ? current : [], place(undefined, rest, value)];
  const object: { [name: string]: QueryValue } = Object.create(null);
  if (typeof current === "object" && !Array.isArray(current)) Object.assign(object, current);
  object[part] = place(object[part], rest, value);
  return object;
}
