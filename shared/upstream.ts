import type { ProxyConfig } from "./config.ts";
import { formatName } from "./identifier.ts";
import { writeQuery } from "./query.ts";
import { invalidRequest, Refusal } from "./refusal.ts";
import { baseName, readShape, type Shape, splitQuery } from "./shape.ts";
import { readSubsetParams, SUBSET_PARAMS } from "./subset.ts";

/** Empty means true to Electric, so only the two words that everyone reads alike pass. */
const FLAGS = ["live", "live_sse", "experimental_live_sse"];
const TEXTS = ["offset", "handle", "cursor", "expired_handle", "log", "cache-buster"];

/**
 * What a client may say besides the shape; the official client's `ELECTRIC_PROTOCOL_QUERY_PARAMS`.
 * CDN recovery depends on `handle`, `expired_handle` and `cache-buster` arriving.
 */
export const PROTOCOL_PARAMS: readonly string[] = [...FLAGS, ...TEXTS, ...SUBSET_PARAMS];

/** A protocol parameter that reads the same whoever decodes it, and says nothing in SQL. */
const ANY = { flag: FLAGS.join("|"), text: TEXTS.join("|") };
const PLAIN = new RegExp(`^((${ANY.flag})=(true|false)|(${ANY.text})=[\\w.~-]{0,200})$`);

/** Never `authorization` or `cookie`: a CDN would stop sharing; nor `origin`: Electric echoes it. */
const REQUEST_HEADERS = ("accept accept-encoding content-type if-none-match if-modified-since " +
  "traceparent tracestate").split(" ");

/**
 * Gives the one URL that a signed shape can lead to, for each query that a token's holder sends:
 * built from the token's shape, never from the client's query, and sorted, so that all clients of a
 * shape share one CDN entry. It throws a {@link Refusal} for a query that asks for another shape.
 *
 * A client sends the same shape with each request, only the protocol parameters change; so the text
 * that was found to ask for this shape is remembered, and not read again while it comes again.
 */
export function createUpstreamUrl(config: ProxyConfig, shape: Shape) {
  const queryable = writeQuery([["queryable_columns", shape.queryable?.map(formatName).join()]]);
  const signed = [...shape.canonical.split("&"), ...queryable, ...config.electricQuery];
  let agreed: string | undefined;
  return (method: string, query: string): string => {
    const pieces = query.split("&");
    const others = pieces.filter((piece) => !PLAIN.test(piece)).join("&");
    const odd = others === agreed ? [] : readOthers(others, shape);
    if (odd.length === 0) agreed = others;
    const protocol = [...pieces.filter((piece) => PLAIN.test(piece)), ...odd];
    checkOnce(protocol.map((piece) => piece.split("=", 1)[0] ?? ""));
    const isSubset = method === "POST" || protocol.some((piece) => piece.startsWith("subset__"));
    if (isSubset && shape.queryable !== null && !config.hidesColumns) {
      const message = "This Electric can't hide columns from subset queries.";
      throw new Refusal(403, "forbidden", message).because("electric_version");
    }
    return `${config.electricUrl}/v1/shape?${[...signed, ...protocol].sort().join("&")}`;
  };
}

/** Checks the shape in a query, and gives its protocol parameters as pieces; others are dropped. */
function readOthers(query: string, signed: Shape): string[] {
  const { fields, rest } = splitQuery(query);
  const protocol = rest.filter(([name]) => PROTOCOL_PARAMS.includes(baseName(name)));
  checkNames(protocol.map(([name]) => name));
  if (readShape(fields).canonical !== signed.canonical) {
    const message = "The token is for another shape. Get one from the gatekeeper for this shape.";
    throw new Refusal(403, "forbidden", message).because("other_shape");
  }
  const isOfSubset = ([name]: readonly [string, string]) => SUBSET_PARAMS.includes(name);
  const subset = protocol.filter(isOfSubset);
  const others = protocol.filter((pair) => !isOfSubset(pair));
  return [...writeQuery(others), ...readSubsetParams(subset, signed)];
}

/** Throws a 400 unless each stands once, without brackets, and has a value of any text. */
function checkNames(names: readonly string[]): void {
  const unfit = names.find((name) => !TEXTS.includes(name) && !SUBSET_PARAMS.includes(name));
  if (unfit !== undefined) {
    throw invalidRequest(`${baseName(unfit)} must be without brackets, a flag "true" or "false".`);
  }
  checkOnce(names);
}

function checkOnce(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw invalidRequest(`${twice} is given twice.`);
}

/**
 * The few request headers that Electric needs, and no others. Etags go in strong form, for
 * Electric knows no other and runtimes and CDNs on the way weaken them; `If-None-Match` compares
 * weakly (RFC 9110 section 13.1.2), so `W/"x"` and `"x"` ask the same.
 */
export function upstreamHeaders({ headers, method }: Request, unopened = false) {
  // fetch would ask for gzip by itself and then inflate what the client can't take compressed.
  const chosen: Record<string, string> = { "accept-encoding": "identity" };
  for (const name of REQUEST_HEADERS) {
    const value = headers.get(name)?.replace(/(?:W\/)?("[^"]*")/g, "$1");
    if (value !== undefined) chosen[name] = value;
  }
  // fetch leaves what may be part of a body as it came; servers ignore a unit that they don't know
  // (RFC 9110 section 14.2), and `none` is nobody's.
  if (unopened && chosen["accept-encoding"] !== "identity") chosen["range"] = "none";
  if (method === "POST") chosen["content-type"] = "application/json";
  return chosen;
}
