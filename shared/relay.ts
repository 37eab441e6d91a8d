import { Refusal } from "./refusal.ts";

/** RFC 9110 section 7.6.1; and `proxy-connection`, which it advises to remove too. */
const HOP_BY_HOP = ("connection keep-alive proxy-authenticate proxy-authorization " +
  "proxy-connection te trailer transfer-encoding upgrade").split(" ");

/** Statuses that a `Response` can't have a body with (Fetch standard, "null body status"). */
const NO_BODY = [204, 205, 304];

/** 502: Electric isn't there, or what is there isn't Electric. */
export function unreachable(message: string): Refusal {
  return new Refusal(502, "upstream_unreachable", message, { "retry-after": "5" });
}

/**
 * Electric's response as the client gets it: status, body and end-to-end headers as they are, the
 * body's bytes unread. `Vary` gains `Authorization`, so that a browser never shows one user's
 * cached shape to the next. A redirect isn't passed on, for its address may hold our secret.
 *
 * With `opaque`, `Content-Encoding: identity` tells a runtime that compresses by itself not to:
 * it would weaken the etag, and revalidation with it.
 */
export function relay(response: Response, opaque: boolean): Response {
  const { status } = response;
  if (status < 200 || status > 599 || (status < 400 && response.headers.has("location"))) {
    response.body?.cancel();
    throw unreachable("ELECTRIC_URL doesn't answer as Electric does; see where it leads.");
  }
  const dropped = response.headers.get("connection")?.toLowerCase().split(/\s*,\s*/) ?? [];
  const headers = [...response.headers].filter(([name]) =>
    name !== "vary" && !HOP_BY_HOP.includes(name) && !dropped.includes(name)
  );
  headers.push(["vary", varyOnToken(response.headers.get("vary") ?? "")]);
  const body = NO_BODY.includes(status) ? null : response.body;
  if (opaque && body !== null && !response.headers.has("content-encoding")) {
    headers.push(["content-encoding", "identity"]);
  }
  return new Response(body, { status, headers });
}

function varyOnToken(vary: string): string {
  if (/(^|,)\s*(\*|authorization)\s*(,|$)/i.test(vary)) return vary;
  return vary === "" ? "Authorization" : `${vary}, Authorization`;
}

/**
 * Whether `Deno.serve` compresses by itself: it does before 2.9, and so may runtimes of other names
 * that embed it. `version` is `Deno.version.deno`.
 */
export function runtimeCompresses(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return !(major > 2 || (major === 2 && minor >= 9));
}
