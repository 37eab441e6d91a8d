import { Buffer } from "node:buffer";
import jwt from "jsonwebtoken";

// What edge functions in front of Electric commonly do, written plainly: the token is verified on each
// request, the shape in it compared parameter by parameter, the request passed on with its headers.
const upstream = Deno.env.get("ELECTRIC_URL") ?? "";
const secret = Buffer.from(Deno.env.get("AUTH_SECRET") ?? "");

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const token = (request.headers.get("authorization") ?? "").replace("Bearer ", "");
    let claims: unknown;
    try {
      claims = jwt.verify(token, secret, { algorithms: ["HS256"] });
    } catch {
      return new Response("Unauthorized", { status: 401 });
    }
    const shape: unknown = new Map(Object.entries(claims ?? {})).get("shape");
    if (typeof shape !== "object" || shape === null || !matches(shape, url.searchParams)) {
      return new Response("Forbidden", { status: 403 });
    }
    const target = new URL(`${upstream}/v1/shape`);
    for (const [name, value] of url.searchParams) target.searchParams.append(name, value);
    const headers = new Headers(request.headers);
    headers.delete("authorization");
    headers.delete("host");
    const response = await fetch(target, { method: request.method, headers });
    const answer = new Headers(response.headers);
    answer.delete("content-encoding");
    answer.delete("content-length");
    return new Response(response.body, { status: response.status, headers: answer });
  },
};

function matches(shape: object, params: URLSearchParams): boolean {
  const signed = new Map(Object.entries(shape));
  return ["table", "where"].every((name) => params.get(name) === signed.get(name)) &&
    params.get("columns")?.replaceAll('"', "") === String(signed.get("columns")) &&
    Object.entries({ ...signed.get("params") })
      .every(([index, value]) => params.get(`params[${index}]`) === value);
}
