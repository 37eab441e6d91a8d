import { createVerifier } from "./claims.ts";
import type { ProxyConfig } from "./config.ts";
import { createHandles } from "./handles.ts";
import { createPatience } from "./patience.ts";
import { checkMethod, Refusal } from "./refusal.ts";
import { relay } from "./relay.ts";
import type { Shape } from "./shape.ts";
import { readSubsetBody } from "./subset.ts";
import { createUpstreamUrl, upstreamHeaders } from "./upstream.ts";

/**
 * `fetch`, but always HTTP/1.1. By HTTP/2 it would use one connection for all requests to a CDN, and
 * those beyond the CDN's limit of streams (mostly about 100) would wait until a held one ends.
 */
const client = Deno.createHttpClient?.({ http2: false });
export const fetchByHttp1: typeof fetch = (input, init) =>
  fetch(input, { ...init, ...(client && { client }) });

/** The world around a proxy; `runtime` is `Deno.version.deno`. */
export type Surroundings = { fetch: typeof fetch; runtime: string; log: (line: string) => void };

/**
 * The authorising proxy: checks that the request asks for the shape in its token, asks Electric
 * for *the token's* shape and pipes the answer back. `query` is the raw query string; the path is
 * the caller's to check. Throws a {@link Refusal} for everything that it answers itself.
 */
export function createProxy(config: ProxyConfig, { fetch, runtime }: Surroundings) {
  // Before 2.9, Deno.serve compresses by itself, and must be asked about a client before it leaves.
  // Runtimes of other names embed an older Deno.
  const older = !/^(2\.(9|\d\d)|[3-9]|\d\d)/.test(runtime);
  const handlesOf = createHandles(fetch, config.timeout);
  const open = (shape: Shape) => ({
    shape,
    upstreamUrl: createUpstreamUrl(config, shape),
    handles: handlesOf(shape),
  });
  const verify = createVerifier(config, open);
  const wait = createPatience(config.timeout, older);
  return async (request: Request, query: string): Promise<Response> => {
    const { method } = request;
    const preflight = checkMethod(request, "GET", "HEAD", "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const { shape, upstreamUrl, handles } = await verify(request);
    const url = upstreamUrl(method, query);
    const headers = upstreamHeaders(request, config.unopened);
    const body = method === "POST" ? await readSubsetBody(request, shape) : null;
    const { signal, settle } = wait(request);
    try {
      const refused = handles.knows(url) ? null : await handles.prove(url, signal);
      const response = refused ??
        await fetch(url, { method, headers, body, redirect: "error", signal });
      handles.learn(response);
      return relay(request, response, older, config.unopened);
    } catch {
      // The cause is not passed on: it holds the URL, and with it Electric's secret.
      const status = signal.aborted ? 504 : 502;
      const reason = signal.aborted ? "took too long" : "can't be reached at ELECTRIC_URL";
      const message = `Electric ${reason}. Try again in a moment.`;
      throw new Refusal(status, "upstream_unavailable", message, { "retry-after": "1" });
    } finally {
      settle();
    }
  };
}
