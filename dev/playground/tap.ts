// Loaded before the edge and the gatekeeper of `dev`, and nowhere else: tells the playground of each request
// to Electric that came from it, by a line on standard output. Neither server knows.

import { MARK, withoutSecrets } from "./upstream_line.ts";

/** The page's name for its request, which the edge passes on (W3C Trace Context). */
const TRACE = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/;

const ask = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  const trace = TRACE.exec(headers.get("traceparent") ?? "")?.[1];
  if (trace === undefined) return await ask(input, init);
  const began = performance.now();
  const tell = (answer: Response | null) => {
    const upstream = {
      trace,
      method: init?.method ?? "GET",
      url: withoutSecrets(input instanceof Request ? input.url : `${input}`),
      headers: Object.fromEntries(headers),
      startedAt: performance.timeOrigin + began,
      took: performance.now() - began,
      status: answer?.status ?? null,
      answer: Object.fromEntries(answer?.headers ?? []),
    };
    console.log(MARK + JSON.stringify(upstream));
  };
  try {
    const answer = await ask(input, init);
    tell(answer);
    return answer;
  } catch (error) {
    tell(null);
    throw error;
  }
};
