import { Agreement } from "./agreement.ts";
import { readSubset } from "./body.ts";
import type { ProxyConfig } from "./config.ts";
import type { VerifyingKeys } from "./keys.ts";
import { createDeadlines } from "./deadline.ts";
import { allowMethods, preflight, Refusal } from "./refusal.ts";
import { relay, unreachable } from "./relay.ts";
import type { Shape } from "./shape.ts";
import { upstreamHeaders, upstreamUrl } from "./upstream.ts";
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
  const deadlines = createDeadlines(config.timeout);
  const agreements = new WeakMap<Shape, Agreement>();

  const agreementOn = (shape: Shape): Agreement => {
    const known = agreements.get(shape) ?? new Agreement(config.electric, shape);
    agreements.set(shape, known);
    return known;
  };

  return async (request: Request, query: string): Promise<Response> => {
    allowMethods(request, ...METHODS);
    if (request.method === "OPTIONS") return preflight(METHODS.join(", "));
    const agreement = agreementOn((await verify(request)).shape);
    const protocol = agreement.read(query);
    const url = upstreamUrl(config.electric, agreement.signed, protocol);
    const abort = new AbortController();
    const { method, signal } = { method: request.method, signal: abort.signal };
    const headers = upstreamHeaders(request);
    const init: RequestInit = { method, headers, redirect: "manual", signal };
    if (method === "POST") {
      init.body = await readSubset(request);
      headers["content-type"] = "application/json";
    }
    // Watching for the client's leaving costs a third of a request; only this one is held for long.
    if (protocol.includes("live=true")) {
      request.signal.addEventListener("abort", () => abort.abort());
    }
    deadlines.start(abort);
    try {
      return relay(request, await fetch(url, init), runtime);
    } catch (error) {
      // The cause is not passed on: it holds the URL, and with it Electric's secret.
      throw [error, signal.reason].find((reason) => reason instanceof Refusal) ?? unreachable();
    } finally {
      deadlines.settle(abort);
    }
  };
}
