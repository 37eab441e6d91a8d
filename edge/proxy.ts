import { createVerifier } from "../shared/claims.ts";
import { checkMethod } from "../shared/refusal.ts";
import type { Shape } from "../shared/shape.ts";
import { createSparseLog } from "../shared/sparse_log.ts";
import type { ProxyConfig } from "./config.ts";
import { untilStopped } from "./event_stream.ts";
import { createHandles } from "./handles.ts";
import { createPatience } from "./patience.ts";
import { relay } from "./relay.ts";
import type { Runtime } from "./runtime.ts";
import { readSubsetBody } from "./subset.ts";
import { refusedUpstream, unanswered } from "./unanswered.ts";
import { createUpstreamUrl, upstreamHeaders } from "./upstream.ts";

/** The world around a proxy. */
export interface Surroundings {
  readonly runtime: Runtime;
  readonly log: (line: string) => void;
  /** Aborts when the server is asked to stop. */
  readonly stopping?: AbortSignal;
}

/**
 * The authorising proxy: checks that the request asks for the shape in its token, asks Electric
 * for *the token's* shape and pipes the answer back. `query` is the raw query string; the path is
 * the caller's to check. Throws a `Refusal` for everything that it answers itself.
 */
export function createProxy(config: ProxyConfig, { runtime, log, stopping }: Surroundings) {
  const unopened = config.unopened && runtime.leavesRanges;
  const handlesOf = createHandles(runtime, config.timeout);
  const verify = createVerifier(config, (shape: Shape) => ({
    shape,
    upstreamUrl: createUpstreamUrl(config, shape),
    handles: handlesOf(shape),
  }));
  const wait = createPatience(config.timeout, runtime, stopping);
  const sparseLog = createSparseLog(log);

  return async (request: Request, query: string): Promise<Response> => {
    const { method } = request;
    const preflight = checkMethod(request, "GET", "HEAD", "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const { shape, upstreamUrl, handles } = await verify(request);
    const url = upstreamUrl(method, query);
    const headers = upstreamHeaders(request, unopened);
    const body = method === "POST" ? await readSubsetBody(request, shape, runtime.watch) : null;
    const waiting = wait(request);
    let response: Response;
    try {
      const stale = handles.knows(url) ? null : await handles.prove(url, waiting.signal);
      const { signal } = waiting;
      response = stale ??
        await runtime.fetch(url, { method, headers, body, redirect: "manual", signal });
    } catch {
      throw unanswered(waiting.ended(), sparseLog);
    } finally {
      waiting.settle();
    }
    const refused = refusedUpstream(response.status, sparseLog);
    if (refused !== null) {
      await response.body?.cancel();
      throw refused;
    }
    handles.learn(response);
    const relayed = relay(request, response, runtime, unopened);
    const mayEnd = stopping !== undefined && runtime.streams;
    return mayEnd ? untilStopped(relayed, stopping) : relayed;
  };
}
