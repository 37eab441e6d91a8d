/** What Plug makes of a query or a body: texts, lists (`a[]=`) and maps (`a[b]=`). */
export type Value = string | null | Value[] | Map<string, Value>;

/** Reads a query string as Plug's `Plug.Conn.Query.decode` does: of duplicates, the last wins. */
export function decodeQuery(query: string): Map<string, Value> {
  const fields = new Map<string, Value>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const [root = "", ...path] = splitName(decodeForm(name));
    fields.set(root, place(fields.get(root), path, decodeForm(value)));
  }
  return fields;
}

/** Percent escapes and `+`; what isn't an escape stays as it is. */
function decodeForm(text: string): string {
  const latin1 = text.replaceAll("+", " ")
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return decodeUtf8(latin1);
}

/** Reads text of one character a byte as UTF-8. */
export function decodeUtf8(bytes: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}

/** `a[b][]` is `a`, `b` and an empty part. */
function splitName(name: string): string[] {
  const [, root, brackets] = /^([^[]+)((?:\[[^\]]*\])+)$/s.exec(name) ?? [];
  if (root === undefined || brackets === undefined) return [name];
  return [root, ...brackets.slice(1, -1).split("][")];
}

function place(current: Value | undefined, path: readonly string[], value: string): Value {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (part === "") {
    return [...(Array.isArray(current) ? current : []), place(undefined, rest, value)];
  }
  const map = new Map(current instanceof Map ? current : []);
  return map.set(part, place(map.get(part), rest, value));
}
