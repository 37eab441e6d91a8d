import { Agreement } from "./agreement.ts";
import { readSubset } from "./body.ts";
import type { ProxyConfig } from "./config.ts";
import type { VerifyingKeys } from "./keys.ts";
import { Patience } from "./patience.ts";
import { allowMethods, preflight, Refusal } from "./refusal.ts";
import { relay, unreachable } from "./relay.ts";
import { isBefore29 } from "./runtime.ts";
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
  const older = isBefore29(runtime);
  const verify = createVerifier(keys, config);
  const patience = new Patience(config.timeout, older);
  const agreements = new WeakMap<Shape, Agreement>();

  const agreementOn = (shape: Shape): Agreement => {
    let known = agreements.get(shape);
    if (known === undefined) agreements.set(shape, known = new Agreement(config.electric, shape));
    return known;
  };

  return async (request: Request, query: string): Promise<Response> => {
    const { method } = request;
    allowMethods(request, ...METHODS);
    if (method === "OPTIONS") return preflight(METHODS.join(", "));
    const { shape } = await verify(request);
    const agreement = agreementOn(shape);
    const asked = agreement.read(query);
    const isSubset = method === "POST" || asked.some((piece) => piece.startsWith("subset__"));
    if (isSubset && shape.queryableColumns !== null && !config.electric.hidesColumns) {
      throw new Refusal(403, "forbidden", "This Electric can't hide columns from subset queries.");
    }
    const url = upstreamUrl(config.electric, agreement.signed, asked);
    const headers = upstreamHeaders(request);
    const init: RequestInit = { method, headers, redirect: "manual" };
    if (method === "POST") {
      init.body = await readSubset(request);
      headers["content-type"] = "application/json";
    }
    const wait = patience.begin(request);
    const { signal } = wait.abort;
    init.signal = signal;
    try {
      return relay(request, await fetch(url, init), older);
    } catch (error) {
      // The cause is not passed on: it holds the URL, and with it Electric's secret.
      throw [error, signal.reason].find((reason) => reason instanceof Refusal) ?? unreachable();
    } finally {
      patience.end(wait);
    }
  };
}
