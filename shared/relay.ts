import { Refusal } from "./refusal.ts";

/** RFC 9110 section 7.6.1; and `proxy-connection`, which it advises to remove too. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Statuses that a `Response` can't have a body with (Fetch standard, "null body status"). */
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Electric's response as the client gets it: status, body and end-to-end headers as they are, the
 * body's bytes unread. `Vary` gains `Authorization`, so that a browser never shows one user's
 * cached shape to the next.
 *
 * With `opaque`, `Content-Encoding: identity` tells a runtime that compresses by itself not to:
 * it would weaken the etag, and revalidation with it.
 */
export function relay(response: Response, opaque: boolean): Response {
  const { status } = response;
  if (status < 200 || status > 599) {
    response.body?.cancel();
    throw new Refusal("upstream_unreachable", "Electric gave an answer that isn't HTTP.", {
      "retry-after": "5",
    });
  }
  if (status >= 300 && status < 400 && response.headers.has("location")) {
    response.body?.cancel();
    throw new Refusal(
      "upstream_unreachable",
      "ELECTRIC_URL leads to a redirect. Set it to the address that the redirect names.",
      { "retry-after": "60" },
    );
  }
  const dropped = response.headers.get("connection")?.toLowerCase().split(/\s*,\s*/);
  const headers: [string, string][] = [];
  let vary: string | undefined;
  let encoded = false;
  for (const pair of response.headers) {
    const name = pair[0];
    if (name === "vary") vary = pair[1];
    else if (!HOP_BY_HOP.has(name) && dropped?.includes(name) !== true) headers.push(pair);
    if (name === "content-encoding") encoded = true;
  }
  headers.push(["vary", varyOnToken(vary)]);
  const body = NO_BODY.has(status) ? null : response.body;
  if (opaque && !encoded && body !== null) headers.push(["content-encoding", "identity"]);
  return new Response(body, { status, headers });
}

function varyOnToken(vary: string | undefined): string {
  if (vary === undefined || vary.trim() === "") return "Authorization";
  return /(^|,)\s*(\*|authorization)\s*(,|$)/i.test(vary) ? vary : `${vary}, Authorization`;
}

/**
 * Whether `Deno.serve` compresses by itself: it does before 2.9, and so may runtimes of other names
 * that embed it. `version` is `Deno.version.deno`.
 */
export function runtimeCompresses(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return !(major > 2 || (major === 2 && minor >= 9));
}
