import { Refusal } from "./refusal.ts";

/** RFC 9110 section 7.6.1; and `proxy-connection`, which it advises to remove too. */
const HOP_BY_HOP = ("connection keep-alive proxy-authenticate proxy-authorization " +
  "proxy-connection te trailer transfer-encoding upgrade").split(" ");

/** What no longer holds of a body that was inflated. */
const CODING = ["content-encoding", "content-length"];

/** Statuses that a `Response` can't have a body with (Fetch standard, "null body status"). */
const NO_BODY = [204, 205, 304];

/** 502: Electric isn't there, or what is there isn't Electric. */
export function unreachable(): Refusal {
  const message =
    "Electric can't be reached, or ELECTRIC_URL leads elsewhere. Try again in a moment.";
  return new Refusal(502, "upstream_unreachable", message, { "retry-after": "1" });
}

/**
 * Electric's response as the client gets it: status, body and end-to-end headers as they are, the
 * body's bytes unread. `Vary` gains `Authorization`, so that a browser never shows one user's
 * cached shape to the next. A redirect isn't passed on, for its address may hold our secret.
 *
 * Where the runtime compresses by itself, `Content-Encoding: identity` tells it not to: it would
 * weaken the etag, and revalidation with it. `older` says so: {@link isBefore29}.
 */
export function relay(request: Request, response: Response, older: boolean): Response {
  const { status, headers: given } = response;
  if (status < 200 || status > 599 || (status < 400 && given.has("location"))) {
    response.body?.cancel();
    throw unreachable();
  }
  const bodiless = NO_BODY.includes(status);
  const dropped = inflated(request, given) ? [...HOP_BY_HOP, ...CODING] : HOP_BY_HOP;
  const sized = given.has("content-length") && !dropped.includes("content-length");
  // Deno.serve says "content-length: 0" when there is no body; of a stream it says nothing.
  const body = bodiless
    ? null
    : request.method === "HEAD" && !sized
    ? new Blob().stream()
    : response.body;
  // Headers taken over whole and then corrected cost half of what a list of pairs does.
  const relayed = new Response(body, { status, headers: given });
  const { headers } = relayed;
  const named = headers.get("connection")?.split(/[\s,]+/).filter((name) => name !== "") ?? [];
  for (const name of dropped) headers.delete(name);
  for (const name of named) headers.delete(name);
  headers.set("vary", varyOnToken(headers.get("vary") ?? ""));
  const encoded = headers.has("content-encoding") || !request.headers.has("accept-encoding");
  if (body !== null && !encoded && older) {
    headers.set("content-encoding", "identity");
  }
  return relayed;
}

/**
 * Whether fetch inflates the body but still says that it is compressed, as Deno 2.9's does, unless
 * it was told `identity`. Where it doesn't say so any more, as on Deno 2.1, nothing is left to do.
 */
function inflated(request: Request, given: Headers): boolean {
  const asked = request.headers.get("accept-encoding") ?? "identity";
  return !/^identity$/i.test(asked) && /^(gzip|br)$/i.test(given.get("content-encoding") ?? "");
}

function varyOnToken(vary: string): string {
  if (/(^|,)\s*(\*|authorization)\s*(,|$)/i.test(vary)) return vary;
  return vary === "" ? "Authorization" : `${vary}, Authorization`;
}
