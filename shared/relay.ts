/**
 * Hop-by-hop headers, RFC 9110 section 7.6.1; and `proxy-connection`, which it advises to remove too. `location`, since
 * an address of upstream's may hold our secret; none is followed either. And `www-authenticate`, by
 * which clients know that *their* token is bad.
 */
const DROPPED = ("connection keep-alive proxy-authenticate proxy-authorization " +
  "proxy-connection te trailer transfer-encoding upgrade location www-authenticate").split(" ");

/** And what no longer holds of a body that was inflated. */
const INFLATED = [...DROPPED, "content-encoding", "content-length"];

/**
 * Electric's response as the client gets it: status, body and end-to-end headers as they are, the
 * body's bytes unread. `Vary` gains `Authorization`, so that a browser never shows one user's
 * cached shape to the next.
 *
 * fetch inflates a body but still says that it is compressed, unless it was told `identity` or to
 * leave it `unopened`; before Deno 2.9 it doesn't say so. `older`: the runtime compresses by itself,
 * which would weaken the etag and revalidation with it, unless `Content-Encoding: identity` tells it
 * not to.
 */
export function relay(request: Request, response: Response, older: boolean, unopened = false) {
  const { status, headers: given } = response;
  const accepted = request.headers.get("accept-encoding") ?? "identity";
  const coding = given.get("content-encoding");
  const inflated = !unopened && /^(gzip|br)$/i.test(coding ?? "") && !/^identity$/i.test(accepted);
  // Deno.serve says "content-length: 0" when there is no body; of a stream it says nothing.
  const unsized = request.method === "HEAD" && (inflated || !given.has("content-length"));
  const body = unsized && ![204, 205, 304].includes(status) ? new Blob().stream() : response.body;
  // Headers taken over whole and then corrected cost half of what a list of pairs does.
  const relayed = new Response(body, { status, headers: given });
  for (const name of inflated ? INFLATED : DROPPED) relayed.headers.delete(name);
  for (const name of given.get("connection")?.match(/[^\s,]+/g) ?? []) relayed.headers.delete(name);
  const vary = given.get("vary") ?? "Authorization";
  const varies = /(^|,)\s*(\*|authorization)\s*(,|$)/i.test(vary);
  relayed.headers.set("vary", varies ? vary : `${vary}, Authorization`);
  const compressible = body !== null && coding === null && accepted !== "identity";
  if (older && compressible) relayed.headers.set("content-encoding", "identity");
  return relayed;
}
