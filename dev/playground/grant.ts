/** What the gatekeeper answered, as far as the server's side of the playground looks. */
export type Asked =
  | { readonly granted: true; readonly url: string; readonly token: string; readonly shape: Shape }
  | { readonly granted: false; readonly message: string };

/** The shape of an answer: the client's `params`. */
export interface Shape {
  readonly table: string;
  readonly where: string | null;
  readonly values: readonly string[];
  readonly columns: readonly string[] | null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Asks the gatekeeper for a table, as somebody or, with `null`, as nobody in particular. */
export async function askGatekeeper(
  gatekeeper: string,
  table: string,
  accessToken: string | null,
): Promise<Asked> {
  const headers: HeadersInit = accessToken === null
    ? {}
    : { authorization: `Bearer ${accessToken}` };
  const url = `${gatekeeper}/gatekeeper/${encodeURIComponent(table)}`;
  const body: unknown = await (await fetch(url, { method: "POST", headers })).json();
  const { url: shapeUrl, headers: answered, params, message } = isObject(body) ? body : {};
  const token = isObject(answered) ? /^Bearer (\S+)$/.exec(`${answered["Authorization"]}`) : null;
  if (typeof shapeUrl !== "string" || !isObject(params) || token?.[1] === undefined) {
    return { granted: false, message: `${message ?? "no answer"}` };
  }
  return { granted: true, url: shapeUrl, token: token[1], shape: readShape(params) };
}

function readShape(params: Readonly<Record<string, unknown>>): Shape {
  const { table, where, columns, params: values } = params;
  return {
    table: `${table}`,
    where: typeof where === "string" ? where : null,
    values: isObject(values) ? Object.values(values).map(String) : [],
    columns: Array.isArray(columns) ? columns.map(String) : null,
  };
}

/** Reads a granted shape from its proxy until it is up to date, and counts its rows. */
export async function countSynced({ url, token, shape }: Asked & { granted: true }) {
  const query = new URLSearchParams({ table: shape.table });
  if (shape.where !== null) query.set("where", shape.where);
  shape.values.forEach((value, i) => query.set(`params[${i + 1}]`, value));
  if (shape.columns !== null) query.set("columns", shape.columns.map(quoted).join());
  query.set("offset", "-1");
  const keys = new Set<string>();
  while (true) {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}?${query}`, { headers });
    const body: unknown = await response.json();
    if (!response.ok || !Array.isArray(body)) return null;
    for (const { key, headers } of body) {
      if (headers?.operation === "insert") keys.add(key);
      if (headers?.operation === "delete") keys.delete(key);
    }
    if (response.headers.has("electric-up-to-date")) return keys.size;
    query.set("offset", response.headers.get("electric-offset") ?? "");
    query.set("handle", response.headers.get("electric-handle") ?? "");
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
