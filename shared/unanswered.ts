import type { Ended } from "./patience.ts";
import { Refusal } from "./refusal.ts";

/** Statuses by which clients know our own refusals, and which only a server in between would send. */
const OWN = [401, 403, 407];

/** What to do about Electric's silence, for the log. */
const UNREACHABLE = "Electric can't be reached at ELECTRIC_URL: is it running, and the URL right?";
const LATE = "Electric took longer than ELECTRIC_TIMEOUT to answer: is it well?";
const UNAUTHORIZED =
  "Electric answered 401: set ELECTRIC_SECRET (and ELECTRIC_SOURCE_ID, on Electric Cloud) to Electric's own.";
const forbidden = (status: number) =>
  `ELECTRIC_URL answered ${status}, which Electric doesn't: let this server through the CDN, firewall or proxy there.`;

const unavailable = (status: number, message: string, headers: Record<string, string>) =>
  new Refusal(status, "upstream_unavailable", message, headers);

/**
 * What a client gets when `fetch` failed. The cause is not passed on: it holds the URL, and with it
 * Electric's secret. A request that we end ourselves, because the server stops, may be made again at
 * once: the official client does so by itself after a 503.
 */
export function unanswered(ended: Ended | undefined, log: (line: string) => void): Refusal {
  if (ended === "stopping") {
    const headers = { "retry-after": "0", connection: "close" };
    return unavailable(503, "This server stops. Try again at once.", headers);
  }
  if (ended === undefined) log(UNREACHABLE);
  if (ended === "late") log(LATE);
  const what = ended === undefined ? "can't be reached at ELECTRIC_URL" : "took too long";
  const status = ended === undefined ? 502 : 504;
  return unavailable(status, `Electric ${what}. Try again in a moment.`, { "retry-after": "1" });
}

/**
 * What a client gets in place of an upstream's 401, 403 or 407, else `null`: it would take them for
 * ours, renew a token that is good, and again. They are about our own rights upstream. And in place of
 * a status that HTTP doesn't have, which can't be passed on (RFC 9110 section 15).
 */
export function refusedUpstream(status: number, log: (line: string) => void): Refusal | null {
  if (status >= 200 && status <= 599 && !OWN.includes(status)) return null;
  log(status === 401 ? UNAUTHORIZED : forbidden(status));
  const message = "Electric doesn't let this server in; your token is good. See the server's log.";
  return unavailable(502, message, { "retry-after": "5" });
}
