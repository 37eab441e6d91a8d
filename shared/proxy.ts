import { readSubset } from "./body.ts";
import { readQuery } from "./query.ts";
import { methodNotAllowed, preflight, Refusal } from "./refusal.ts";
import { relay, unreachable } from "./relay.ts";
import { Shape, splitQuery } from "./shape.ts";
import { type Electric, readProtocol, upstreamHeaders, upstreamUrl } from "./upstream.ts";
import type { Verifier } from "./verifier.ts";

const METHODS = "GET, HEAD, POST, OPTIONS";

/** What the proxy works with. */
export interface ProxyOptions {
  readonly electric: Electric;
  readonly verify: Verifier;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Milliseconds that Electric may take until its response begins; a long poll takes 20 s. */
  readonly timeout: number;
  /** Whether the runtime compresses responses by itself, as `Deno.serve` before 2.9 does. */
  readonly runtimeCompresses: boolean;
}

/**
 * The authorising proxy: checks that the request asks for the shape in its token, asks Electric
 * for *the token's* shape and pipes the answer back. `query` is the raw query string; the path is
 * the caller's to check. Throws a {@link Refusal} for everything that it answers itself.
 */
export async function proxyShape(
  request: Request,
  query: string,
  options: ProxyOptions,
): Promise<Response> {
  const { method } = request;
  if (method === "OPTIONS") return preflight(METHODS);
  if (!["GET", "HEAD", "POST"].includes(method)) throw methodNotAllowed(METHODS);
  const { shape } = await options.verify(request);
  const { fields, rest } = splitQuery(readQuery(query));
  const protocol = readProtocol(rest);
  if (Shape.parse(fields).canonical !== shape.canonical) {
    throw new Refusal(
      403,
      "forbidden",
      "The token is for another shape. Ask the gatekeeper for a token for this one, " +
        "and send exactly the parameters that it answers.",
    );
  }
  const headers = upstreamHeaders(request);
  const init: RequestInit = { method, headers, redirect: "manual" };
  if (method === "POST") {
    init.body = await readSubset(request);
    headers["content-type"] = "application/json";
  }
  const url = upstreamUrl(options.electric, shape, protocol);
  const response = await ask(request, url, init, options);
  return relay(response, options.runtimeCompresses && request.headers.has("accept-encoding"));
}

/** Fetches with a deadline for the response's start, and no longer than the client stays. */
async function ask(
  request: Request,
  url: string,
  init: RequestInit,
  { fetch, timeout }: ProxyOptions,
): Promise<Response> {
  const abort = new AbortController();
  const late = new Refusal(504, "upstream_timeout", "Electric took too long. Try again.", {
    "retry-after": "5",
  });
  const timer = setTimeout(() => abort.abort(late), timeout);
  request.signal.addEventListener("abort", () => abort.abort());
  try {
    return await fetch(url, { ...init, signal: abort.signal });
  } catch (error) {
    // The cause is not passed on: it holds the URL, and with it Electric's secret.
    throw error === late ? late : unreachable("Electric can't be reached. Try again in a moment.");
  } finally {
    clearTimeout(timer);
  }
}
