import type { Runtime } from "./runtime.ts";

/**
 * Hop-by-hop headers, RFC 9110 section 7.6.1; and `proxy-connection`, which it advises to remove too. `location`, since
 * an address of upstream's may hold our secret; none is followed either. And `www-authenticate`, by
 * which clients know that *their* token is bad.
 */
const DROPPED = ("connection keep-alive proxy-authenticate proxy-authorization " +
  "proxy-connection te trailer transfer-encoding upgrade location www-authenticate").split(" ");

/** What no longer holds of a body that was inflated. */
const OF_COMPRESSED = ["content-encoding", "content-length"];

/** Statuses of responses that have no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const BODILESS = [204, 205, 304];

/** As much of a {@link Runtime} as counts here. */
type Relaying = Pick<Runtime, "inflates" | "inflatesUnasked" | "compresses" | "sharesHeaders">;

/**
 * Electric's response as the client gets it: status, body and end-to-end headers as they are, the
 * body's bytes unread. `Vary` gains `Authorization`, so that a browser never shows one user's
 * cached shape to the next.
 *
 * fetch inflates a body but may still say that it is compressed, unless it was told `identity` or to
 * leave it `unopened`. A runtime that compresses by itself would weaken the etag and revalidation
 * with it, unless `Content-Encoding: identity` tells it not to.
 */
export function relay(
  request: Request,
  response: Response,
  runtime: Relaying,
  unopened = false,
): Response {
  const { status, headers: given } = response;
  const accepted = request.headers.get("accept-encoding") ?? "identity";
  const coding = given.get("content-encoding");
  const mayBeInflated = runtime.inflatesUnasked || accepted.toLowerCase() !== "identity";
  const isInflated = !unopened && mayBeInflated && inflates(runtime, coding);
  const body = bodyOf(request, response, isInflated);
  // Headers taken over whole and then corrected cost half of what a list of pairs does.
  const headers = runtime.sharesHeaders ? new Headers(given) : given;
  const relayed = new Response(body, { status, headers });
  for (const name of DROPPED) relayed.headers.delete(name);
  if (isInflated) { for (const name of OF_COMPRESSED) relayed.headers.delete(name); }
  for (const name of namedByConnection(given)) relayed.headers.delete(name);
  relayed.headers.set("vary", varyByToken(given.get("vary")));
  const wouldBeCompressed = body !== null && coding === null && accepted !== "identity";
  if (runtime.compresses && wouldBeCompressed) relayed.headers.set("content-encoding", "identity");
  return relayed;
}

/** Whether `fetch` opens a body with this `Content-Encoding`, which may be several one after the other. */
function inflates(runtime: Relaying, coding: string | null): boolean {
  if (coding === null) return false;
  const codings = coding.toLowerCase().split(",").map((one) => one.trim());
  return codings.every((one) => runtime.inflates.includes(one));
}

/**
 * The response's body. Without one, a server would say `content-length: 0` to HEAD, of a length that
 * is unknown; of an empty stream it says nothing.
 */
function bodyOf({ method }: Request, { body, status, headers }: Response, isInflated: boolean) {
  const isUnsized = isInflated || !headers.has("content-length");
  return method === "HEAD" && isUnsized && !BODILESS.includes(status) ? new Blob().stream() : body;
}

/** The names that `Connection` lists are for the next hop alone, too. */
function namedByConnection(headers: Headers): readonly string[] {
  return headers.get("connection")?.match(/[^\s,]+/g) ?? [];
}

function varyByToken(vary: string | null): string {
  if (vary === null) return "Authorization";
  const hasIt = /(^|,)\s*(\*|authorization)\s*(,|$)/i.test(vary);
  return hasIt ? vary : `${vary}, Authorization`;
}
