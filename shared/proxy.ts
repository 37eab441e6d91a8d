import { readSubset } from "./body.ts";
import type { ProxyConfig } from "./config.ts";
import type { VerifyingKeys } from "./keys.ts";
import { readQuery } from "./query.ts";
import { allowMethods, preflight, Refusal } from "./refusal.ts";
import { relay, unreachable } from "./relay.ts";
import { Shape, splitQuery } from "./shape.ts";
import { readProtocol, upstreamHeaders, upstreamUrl } from "./upstream.ts";
import { createVerifier } from "./verifier.ts";

const METHODS = ["GET", "HEAD", "POST", "OPTIONS"];

/** The world around a proxy. */
export interface Surroundings {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** `Deno.version.deno`; see {@link relay}. */
  readonly runtime: string;
  readonly log: (line: string) => void;
}

/**
 * The authorising proxy: checks that the request asks for the shape in its token, asks Electric
 * for *the token's* shape and pipes the answer back. `query` is the raw query string; the path is
 * the caller's to check. Throws a {@link Refusal} for everything that it answers itself.
 */
export function createProxy(
  keys: VerifyingKeys,
  config: ProxyConfig,
  { fetch, runtime }: Surroundings,
) {
  const verify = createVerifier(keys, config);
  return async (request: Request, query: string): Promise<Response> => {
    allowMethods(request, ...METHODS);
    if (request.method === "OPTIONS") return preflight(METHODS.join(", "));
    const { shape } = await verify(request);
    const { fields, rest } = splitQuery(readQuery(query));
    const url = upstreamUrl(config.electric, shape, readProtocol(rest));
    if (Shape.parse(fields).canonical !== shape.canonical) {
      throw new Refusal(
        403,
        "forbidden",
        "The token is for another shape. Ask the gatekeeper for a token for this one, " +
          "and send exactly the parameters that it answers.",
      );
    }
    const headers = upstreamHeaders(request);
    const init: RequestInit = { method: request.method, headers, redirect: "manual" };
    if (request.method === "POST") {
      init.body = await readSubset(request);
      headers["content-type"] = "application/json";
    }
    const { signal, settle } = deadline(request, config.timeout);
    const response = await fetch(url, { ...init, signal }).catch(() => {
      // The cause is not passed on: it holds the URL, and with it Electric's secret.
      throw signal.reason instanceof Refusal ? signal.reason : unreachable();
    }).finally(settle);
    return relay(request, response, runtime);
  };
}

/** Aborts when the client leaves, or with a 504 unless settled within `timeout` milliseconds. */
function deadline(request: Request, timeout: number) {
  const abort = new AbortController();
  const headers = { "retry-after": "1" };
  const late = new Refusal(504, "upstream_timeout", "Electric took too long. Try again.", headers);
  const timer = setTimeout(() => abort.abort(late), timeout);
  request.signal.addEventListener("abort", () => abort.abort());
  return { signal: abort.signal, settle: () => clearTimeout(timer) };
}
