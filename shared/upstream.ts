import { formatName } from "./identifier.ts";
import { baseName, type Shape } from "./shape.ts";
import type { Pair } from "./query.ts";
import { invalidRequest } from "./refusal.ts";

/** Electric, or the CDN in front of it. */
export interface Electric {
  /** `ELECTRIC_URL`, without a trailing slash. */
  readonly url: string;
  /** Our own parameters, such as `secret`; sent with each request. */
  readonly pairs: readonly Pair[];
  /** Whether it knows `queryable_columns`, as Electric does since 1.6.10. */
  readonly hidesColumns: boolean;
}

/**
 * What a client may say besides the shape; the official client's `ELECTRIC_PROTOCOL_QUERY_PARAMS`.
 * CDN recovery depends on `handle`, `expired_handle` and `cache-buster` arriving.
 */
export const PROTOCOL_PARAMS: readonly string[] = ("offset handle live live_sse " +
  "experimental_live_sse cursor expired_handle log cache-buster subset__where subset__params " +
  "subset__limit subset__offset subset__order_by subset__where_expr subset__order_by_expr")
  .split(" ");

/** Empty means true to Electric, so only the two words that everyone reads alike pass. */
const FLAGS = ["live", "live_sse", "experimental_live_sse"];

/** A protocol parameter that reads the same whoever decodes it; its name is the first group. */
export const PLAIN_PROTOCOL = new RegExp(
  `^(?:(?=(?:${FLAGS.join("|")})=(?:true|false)$)|(?!(?:${FLAGS.join("|")})=))` +
    `(${PROTOCOL_PARAMS.join("|")})=[\\w.~-]{0,200}$`,
);

/** Never `authorization` or `cookie`: a CDN would stop sharing; nor `origin`: Electric echoes it. */
const REQUEST_HEADERS = ("accept accept-encoding content-type if-none-match if-modified-since " +
  "traceparent tracestate").split(" ");

/** Takes the protocol parameters out of a query; others are dropped, doubled ones refused. */
export function readProtocol(pairs: readonly Pair[]): Map<string, string> {
  const protocol = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (!PROTOCOL_PARAMS.includes(baseName(name))) continue;
    if (protocol.has(name) || name !== baseName(name)) {
      throw invalidRequest(`${baseName(name)} must be given once and without brackets.`);
    }
    if (FLAGS.includes(name) && value !== "true" && value !== "false") {
      throw invalidRequest(`${name} must be "true" or "false".`);
    }
    protocol.set(name, value);
  }
  return protocol;
}

/** What of the upstream query a token and our configuration decide: pieces like `table=items`. */
export function signedPieces(electric: Electric, shape: Shape): string[] {
  const queryable = shape.queryableColumns?.map(formatName).join();
  const columns: Pair[] = queryable === undefined ? [] : [["queryable_columns", queryable]];
  return [...shape.pairs, ...columns, ...electric.pairs].map(formatPiece);
}

/** Writes a pair into a query. */
export function formatPiece(pair: Pair): string {
  return pair.map(encodeURIComponent).join("=");
}

/**
 * The one URL that a signed shape can lead to. Built from the token's shape, never from the
 * client's query, and sorted, so that all clients of a shape share one CDN entry.
 */
export function upstreamUrl({ url }: Electric, signed: string[], protocol: string[]): string {
  return `${url}/v1/shape?${[...signed, ...protocol].sort().join("&")}`;
}

/**
 * The few request headers that Electric needs, and no others. Etags go in strong form, for
 * Electric knows no other and runtimes and CDNs on the way weaken them; `If-None-Match` compares
 * weakly (RFC 9110 section 13.1.2), so `W/"x"` and `"x"` ask the same.
 */
export function upstreamHeaders({ headers }: Request): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of REQUEST_HEADERS) {
    const value = headers.get(name);
    if (value === null) continue;
    chosen[name] = name === "if-none-match" ? value.replace(/(?:W\/)?("[^"]*")/g, "$1") : value;
  }
  // fetch would ask for gzip by itself and then inflate what the client can't take compressed.
  chosen["accept-encoding"] ??= "identity";
  return chosen;
}
