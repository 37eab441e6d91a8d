import { type Answer, DEFAULT_CACHE_CONTROL, jsonAnswer } from "./answer.ts";
import { deleteShape } from "./delete_shape.ts";
import { decodeQuery } from "./query_string.ts";
import { isAuthorised, serveShape, type ShapeServer } from "./serve_shape.ts";

/** Clients and tests see what a real Electric says; what this is, the start line and docs tell. */
const SERVER = "ElectricSQL/1.7.12";
const EXPOSED = "electric-cursor,electric-handle,electric-has-data,electric-offset," +
  "electric-schema,electric-up-to-date,electric-internal-known-error,retry-after";
const SHAPE_METHODS = "GET, POST, HEAD, DELETE, OPTIONS";
const OTHER_METHODS = "GET, HEAD";
const encoder = new TextEncoder();
const NO_CONTENT = new Uint8Array();

/** The whole HTTP interface: `/v1/shape`, `/v1/health` and `/`. */
export function createHandler(server: ShapeServer): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const path = routePath(url.pathname);
    if (path !== "v1/shape") {
      return respond(request, otherAnswer(server, request, path), OTHER_METHODS);
    }
    if (request.method === "OPTIONS") return preflight(request);
    const query = decodeQuery(url.search.slice(1));
    if (query === undefined) return new Response(null, { status: 400 });
    if (!["GET", "HEAD", "POST", "DELETE"].includes(request.method)) {
      return respond(request, notFound(), OTHER_METHODS);
    }
    if (!isAuthorised(server.secret, query)) {
      const answer = jsonAnswer(401, { message: "Unauthorized - Invalid API secret" });
      return respond(request, { ...answer, headers: [] }, undefined);
    }
    const answer = request.method === "DELETE"
      ? await deleteShape(server, query)
      : await serveShape(server, request, query);
    return respond(request, answer, SHAPE_METHODS);
  };
}

/** Electric's router decodes each part and skips empty ones. */
function routePath(pathname: string): string {
  return pathname.split("/").filter((part) => part !== "").map(decodePart).join("/");
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function otherAnswer(server: ShapeServer, request: Request, path: string): Answer {
  if (request.method !== "GET" && request.method !== "HEAD") return notFound();
  if (path === "v1/health") {
    const [status, state] = server.follower.isReady ? [200, "active"] : [202, "waiting"];
    return jsonAnswer(status, { status: state }, "no-cache, no-store, must-revalidate");
  }
  if (path !== "") return notFound();
  return { status: 200, cacheControl: DEFAULT_CACHE_CONTROL, headers: [], body: NO_CONTENT };
}

function notFound(): Answer {
  const body = encoder.encode("Not found");
  return { status: 404, cacheControl: DEFAULT_CACHE_CONTROL, headers: [], body };
}

function preflight(request: Request): Response {
  const headers: [string, string][] = [
    ...identity(request),
    ...cors(request, SHAPE_METHODS),
    ["access-control-max-age", "86400"],
    ["connection", "keep-alive"],
  ];
  return new Response(null, { status: 204, headers });
}

function respond(request: Request, answer: Answer, methods: string | undefined): Response {
  // A list keeps its order on the wire; a Headers object would sort it.
  const headers: [string, string][] = [
    ["vary", "accept-encoding"],
    ["cache-control", answer.cacheControl],
    ...identity(request),
    ...methods === undefined ? [] : cors(request, methods),
    ...answer.headers.map(([name, value]): [string, string] => [name, value]),
  ];
  return new Response(answer.body, { status: answer.status, headers });
}

function identity(request: Request): [string, string][] {
  // An id of the caller's is kept when it is long enough to be one, as Plug.RequestId does.
  const given = request.headers.get("x-request-id") ?? "";
  const id = given.length >= 20 && given.length <= 200 ? given : newRequestId();
  return [["x-request-id", id], ["electric-server", SERVER]];
}

function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return bytes.toBase64({ alphabet: "base64url" });
}

function cors(request: Request, methods: string): [string, string][] {
  return [
    ["access-control-allow-origin", request.headers.get("origin") ?? "*"],
    ["access-control-expose-headers", EXPOSED],
    ["access-control-allow-methods", methods],
  ];
}
