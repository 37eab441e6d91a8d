import { Refusal } from "../shared/refusal.ts";
import type { Ended } from "./patience.ts";

/** Statuses by which clients know our own refusals, and which only a server in between would send. */
const OWN = [401, 403, 407];

/** Statuses that lead elsewhere (Fetch standard, 2.2.3); an address of upstream's may hold our secret. */
const REDIRECTS = [301, 302, 303, 307, 308];

/** What to do about Electric's silence, for the log. */
const UNREACHABLE = "Electric can't be reached at ELECTRIC_URL: is it running, and the URL right?";
const LATE = "Electric took longer than ELECTRIC_TIMEOUT to answer: is it well?";

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
  if (ended === undefined) {
    log(UNREACHABLE);
    return unavailable(502, "Electric can't be reached at ELECTRIC_URL. Try again in a moment.");
  }
  if (ended === "late") log(LATE);
  return unavailable(504, "Electric took too long. Try again in a moment.");
}

/**
 * What a client gets in place of an upstream's 401, 403 or 407, else `null`: it would take them for
 * ours, renew a token that is good, and again. They are about our own rights upstream. And in place of
 * a redirect, which isn't followed, and of a status that HTTP doesn't have, which can't be passed on
 * (RFC 9110 section 15).
 */
export function refusedUpstream(status: number, log: (line: string) => void): Refusal | null {
  const isHttp = status >= 200 && status <= 599;
  const mayPass = isHttp && !OWN.includes(status) && !REDIRECTS.includes(status);
  if (mayPass) return null;
  log(adviceOn(status));
  const what = REDIRECTS.includes(status)
    ? "What answers at ELECTRIC_URL leads elsewhere"
    : "Electric doesn't let this server in";
  const message = `${what}; your token is good. See the server's log.`;
  return unavailable(502, message, { "retry-after": "5" });
}

/** What to do about a status of upstream's, for the log. */
function adviceOn(status: number): string {
  if (status === 401) {
    return "Electric answered 401: set ELECTRIC_SECRET (and ELECTRIC_SOURCE_ID, on Electric Cloud) " +
      "to Electric's own.";
  }
  if (REDIRECTS.includes(status)) {
    return `ELECTRIC_URL answered ${status}, a redirect: set it to where that leads.`;
  }
  return `ELECTRIC_URL answered ${status}, which Electric doesn't: let this server through the CDN, ` +
    "firewall or proxy there.";
}

function unavailable(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = { "retry-after": "1" },
): Refusal {
  return new Refusal(status, "upstream_unavailable", message, headers);
}
