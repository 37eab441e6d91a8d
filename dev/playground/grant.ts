import { type Grant, readGrant, recordOf } from "../../client/grant.ts";
import { readShape, type Shape } from "../../shared/shape.ts";

/** What the gatekeeper answered, as far as the server's side of the playground looks. */
export type Asked =
  | { readonly granted: true; readonly grant: Grant; readonly shape: Shape }
  | { readonly granted: false; readonly message: string };

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
  const grant = readGrant(body);
  const { params, message } = recordOf(body);
  return grant === undefined
    ? { granted: false, message: `${message ?? "no answer"}` }
    : { granted: true, grant, shape: readShape(recordOf(params)) };
}

/** Reads a granted shape from its proxy until it is up to date, and counts its rows. */
export async function countSynced({ url, authorization, params }: Grant): Promise<number | null> {
  const query = new URLSearchParams(params.map(([name, value]) => [name, value]));
  query.set("offset", "-1");
  const keys = new Set<string>();
  while (true) {
    const response = await fetch(`${url}?${query}`, { headers: { authorization } });
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
