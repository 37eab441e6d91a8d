import { createVerifier } from "./claims.ts";
import type { ProxyConfig } from "./config.ts";
import { untilStopped } from "./event_stream.ts";
import { createHandles } from "./handles.ts";
import { createPatience } from "./patience.ts";
import { checkMethod } from "./refusal.ts";
import { relay } from "./relay.ts";
import type { Shape } from "./shape.ts";
import { createSparseLog } from "./sparse_log.ts";
import { readSubsetBody } from "./subset.ts";
import { refusedUpstream, unanswered } from "./unanswered.ts";
import { createUpstreamUrl, upstreamHeaders } from "./upstream.ts";

/**
 * The world around a proxy.
 * - `runtime`: as `Deno.version.deno` says it
 * - `stopping`: aborts when the server is asked to stop; none where the runtime doesn't tell
 */
export type Surroundings = {
  fetch: typeof fetch;
  runtime: string;
  log: (line: string) => void;
  stopping?: AbortSignal;
};

/**
 * Whether this is a Deno before 2.9: its `Deno.serve` compresses by itself, and must be asked about a
 * client before it leaves. Runtimes of other names embed an older Deno.
 */
export const isOlder = (runtime: string) => !/^(2\.(9|\d\d)|[3-9]|\d\d)/.test(runtime);

/**
 * The authorising proxy: checks that the request asks for the shape in its token, asks Electric
 * for *the token's* shape and pipes the answer back. `query` is the raw query string; the path is
 * the caller's to check. Throws a `Refusal` for everything that it answers itself.
 */
export function createProxy(config: ProxyConfig, around: Surroundings) {
  const { fetch, runtime, stopping } = around;
  const older = isOlder(runtime);
  // An older Deno's fetch asks for no compression at all once a range is named, and opens what comes.
  const unopened = config.unopened && !older;
  const handlesOf = createHandles(fetch, config.timeout);
  const open = (shape: Shape) => ({
    shape,
    upstreamUrl: createUpstreamUrl(config, shape),
    handles: handlesOf(shape),
  });
  const verify = createVerifier(config, open);
  const wait = createPatience(config.timeout, older, stopping);
  const log = createSparseLog(around.log);
  return async (request: Request, query: string): Promise<Response> => {
    const { method } = request;
    const preflight = checkMethod(request, "GET", "HEAD", "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const { shape, upstreamUrl, handles } = await verify(request);
    const url = upstreamUrl(method, query);
    const headers = upstreamHeaders(request, unopened);
    const body = method === "POST" ? await readSubsetBody(request, shape) : null;
    const { signal, settle, ended } = wait(request);
    let response: Response;
    try {
      const stale = handles.knows(url) ? null : await handles.prove(url, signal);
      response = stale ?? await fetch(url, { method, headers, body, redirect: "error", signal });
    } catch {
      throw unanswered(ended(), log);
    } finally {
      settle();
    }
    const refused = refusedUpstream(response.status, log);
    if (refused !== null) {
      await response.body?.cancel();
      throw refused;
    }
    handles.learn(response);
    const relayed = relay(request, response, older, unopened);
    // An older Deno dies of a client that leaves a stream of ours; it ends soon after the signal anyway.
    return stopping === undefined || older ? relayed : untilStopped(relayed, stopping);
  };
}
