import type { Shape } from "./shape.ts";
import { invalidRequest } from "./refusal.ts";

/** Electric, or the CDN in front of it. */
export interface Electric {
  /** `ELECTRIC_URL`, without a trailing slash. */
  readonly url: string;
  /** Our own parameters, such as `secret`; sent with each request. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

/**
 * What a client may say besides the shape; the official client's `ELECTRIC_PROTOCOL_QUERY_PARAMS`
 * and `cursor`. CDN recovery depends on `handle`, `expired_handle` and `cache-buster` arriving.
 */
export const PROTOCOL_PARAMS: ReadonlySet<string> = new Set([
  "offset",
  "handle",
  "live",
  "live_sse",
  "experimental_live_sse",
  "cursor",
  "expired_handle",
  "log",
  "cache-buster",
  "subset__where",
  "subset__params",
  "subset__limit",
  "subset__offset",
  "subset__order_by",
  "subset__where_expr",
  "subset__order_by_expr",
]);

/** Empty means true to Electric, so only the two words that everyone reads alike pass. */
const FLAGS: ReadonlySet<string> = new Set(["live", "live_sse", "experimental_live_sse"]);

/** Never `authorization` or `cookie`, for a CDN would stop sharing; never `origin`, which Electric echoes. */
const REQUEST_HEADERS = [
  "accept",
  "accept-encoding",
  "content-type",
  "if-none-match",
  "if-modified-since",
  "traceparent",
  "tracestate",
] as const;

/** Takes the protocol parameters out of a query; others are dropped, doubled ones refused. */
export function readProtocol(pairs: readonly (readonly [string, string])[]): Map<string, string> {
  const protocol = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (!PROTOCOL_PARAMS.has(name)) {
      if (!PROTOCOL_PARAMS.has(name.replace(/\[.*$/s, ""))) continue;
      throw invalidRequest("A protocol parameter must be given without brackets.");
    }
    if (protocol.has(name)) throw invalidRequest(`${name} is given twice.`);
    if (FLAGS.has(name) && value !== "true" && value !== "false") {
      throw invalidRequest(`${name} must be "true" or "false".`);
    }
    protocol.set(name, value);
  }
  return protocol;
}

/**
 * The one URL that a signed shape can lead to. Built from the token's shape, never from the
 * client's query, and sorted, so that all clients of a shape share one CDN entry.
 */
export function upstreamUrl(
  electric: Electric,
  shape: Shape,
  protocol: ReadonlyMap<string, string>,
): string {
  const query = [...shape.upstreamPairs(), ...protocol, ...electric.pairs]
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  return `${electric.url}/v1/shape?${query}`;
}

/** The few request headers that Electric needs, and no others. */
export function upstreamHeaders(request: Request): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of REQUEST_HEADERS) {
    const value = request.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  // fetch would ask for gzip by itself and then inflate what the client can't take compressed.
  headers["accept-encoding"] ??= "identity";
  const etags = headers["if-none-match"];
  if (etags !== undefined) headers["if-none-match"] = strongEtags(etags);
  return headers;
}

/**
 * Electric knows its etags only in strong form, but runtimes and CDNs on the way weaken them.
 * RFC 9110 section 13.1.2: `If-None-Match` compares weakly, so `W/"x"` and `"x"` ask the same.
 */
function strongEtags(value: string): string {
  return value.replace(/(?:W\/)?("[^"]*")/g, "$1");
}
