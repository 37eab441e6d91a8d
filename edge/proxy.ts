import { createVerifier, type Grant } from "../shared/claims.ts";
import { checkMethod } from "../shared/refusal.ts";
import { NO_REVOCATIONS, type Revocations } from "../shared/revocations.ts";
import { createSparseLog } from "../shared/sparse_log.ts";
import type { ProxyConfig } from "./config.ts";
import { endWhen, isEventStream } from "./event_stream.ts";
import { createHandles } from "./handles.ts";
import { nothingNew } from "./nothing_new.ts";
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
  /** By default, nothing is ever revoked. */
  readonly revocations?: Revocations;
}

/**
 * The authorising proxy: checks that the request asks for the shape in its token, asks Electric
 * for *the token's* shape and pipes the answer back. `query` is the raw query string; the path is
 * the caller's to check. Throws a `Refusal` for everything that it answers itself.
 */
export function createProxy(
  config: ProxyConfig,
  { runtime, log, stopping, revocations = NO_REVOCATIONS }: Surroundings,
) {
  const unopened = config.unopened && runtime.leavesRanges;
  const handlesOf = createHandles(runtime, config.timeout);
  const open = (grant: Grant) => ({
    grant,
    upstreamUrl: createUpstreamUrl(config, grant.shape),
    handles: handlesOf(grant.shape),
  });
  const verify = createVerifier(config, open, revocations);
  const wait = createPatience(config.timeout, runtime, stopping);
  const sparseLog = createSparseLog(log);

  /** Whether nothing more may be said to whom this was granted. */
  function isOver(grant: Grant): boolean {
    const endsAt = grant.expiresAt + config.token.clockTolerance;
    return Date.now() >= 1000 * endsAt || revocations.isRevoked(grant);
  }

  return async (request: Request, query: string): Promise<Response> => {
    const { method } = request;
    const preflight = checkMethod(request, "GET", "HEAD", "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const { grant, upstreamUrl, handles } = await verify(request);
    const url = upstreamUrl(method, query);
    const headers = upstreamHeaders(request, unopened);
    const body = method === "POST"
      ? await readSubsetBody(request, grant.shape, runtime.watch)
      : null;
    const waiting = wait(request, () => isOver(grant));
    let response: Response;
    try {
      const stale = handles.knows(url) ? null : await handles.prove(url, waiting.signal);
      const { signal } = waiting;
      response = stale ??
        await runtime.fetch(url, { method, headers, body, redirect: "manual", signal });
    } catch {
      if (waiting.ended() === "over") return nothingNew(url);
      throw unanswered(waiting.ended(), sparseLog);
    } finally {
      waiting.settle();
    }
    if (isOver(grant)) {
      await response.body?.cancel();
      return nothingNew(url);
    }
    const refused = refusedUpstream(response.status, sparseLog);
    if (refused !== null) {
      await response.body?.cancel();
      throw refused;
    }
    handles.learn(response);
    const relayed = relay(request, response, runtime, unopened);
    if (!isEventStream(relayed)) return relayed;
    const mustEnd = () => stopping?.aborted === true || isOver(grant);
    return endWhen(mustEnd, relayed, runtime.watch);
  };
}
