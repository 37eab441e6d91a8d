import { Refusal } from "../../shared/refusal.ts";

/** Names of this machine that a page of our own may have in its address. */
const NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** Whether an address of a socket is this machine itself. */
export function isLoopback(address: string | undefined): boolean {
  return /^(127\.|::ffff:127\.|::1$)/.test(address ?? "");
}

/**
 * Lets only the playground's own page ask: it can sign anybody in and write rows. Throws a 403
 * {@link Refusal} for
 *
 * - another name in `Host`: a site may have had its own name lead here (DNS rebinding);
 * - a request that another site's page makes (`Sec-Fetch-Site`, `Origin`; CSRF);
 * - one that writes and isn't JSON from this very origin, which no form can send.
 */
export function checkAsker(request: Request, port: number): void {
  const { headers, method } = request;
  const host = headers.get("host") ?? "";
  if (!NAMES.some((name) => host === `${name}:${port}`)) {
    throw foreign("Open the playground at its own address, http://localhost.");
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") {
    throw foreign("Another site's page may not ask here.");
  }
  if (method === "GET" || method === "HEAD") return;
  const isOwn = headers.get("origin") === `http://${host}`;
  const isJson = headers.get("content-type") === "application/json";
  if (!isOwn || !isJson) throw foreign("Only the playground's own page may write, as JSON.");
}

const foreign = (message: string) => new Refusal(403, "foreign", message);
