import { formatName } from "../shared/identifier.ts";
import { writeQuery } from "../shared/query.ts";
import { invalidRequest, Refusal } from "../shared/refusal.ts";
import { baseName, readShape, type Shape, splitQuery } from "../shared/shape.ts";
import type { ProxyConfig } from "./config.ts";
import { readSubsetParams, SUBSET_PARAMS, SUBSET_PREFIX } from "./subset.ts";

/** Empty means true to Electric, so only the two words that everyone reads alike pass. */
const FLAGS = ["live", "live_sse", "experimental_live_sse"];
const TEXTS = ["offset", "handle", "cursor", "expired_handle", "log", "cache-buster"];

/**
 * What a client may say besides the shape; the official client's `ELECTRIC_PROTOCOL_QUERY_PARAMS`.
 * CDN recovery depends on `handle`, `expired_handle` and `cache-buster` arriving.
 */
export const PROTOCOL_PARAMS: readonly string[] = [...FLAGS, ...TEXTS, ...SUBSET_PARAMS];

/** A protocol parameter that reads the same whoever decodes it, and says nothing in SQL. */
const PLAIN = new RegExp(
  `^((${FLAGS.join("|")})=(true|false)|(${TEXTS.join("|")})=[\\w.~-]{0,200})$`,
);

/** Never `authorization` or `cookie`: a CDN would stop sharing; nor `origin`: Electric echoes it. */
const REQUEST_HEADERS = ("accept accept-encoding content-type if-none-match if-modified-since " +
  "traceparent tracestate").split(" ");

/**
 * Gives the one URL that a signed shape can lead to, for each query that a token's holder sends:
 * built from the token's shape, never from the client's query, and sorted, so that all clients of a
 * shape share one CDN entry. It throws a {@link Refusal} for a query that asks for another shape.
 */
export function createUpstreamUrl(
  config: ProxyConfig,
  shape: Shape,
): (method: string, query: string) => string {
  const queryable = shape.queryable?.map(formatName).join();
  const ofToken = [
    ...shape.canonical.split("&"),
    ...writeQuery([["queryable_columns", queryable]]),
    ...config.electricQuery,
  ];
  const readOthers = rememberAgreed(shape, (query) => readRest(query, shape));

  return (method, query) => {
    const pieces = query.split("&");
    const plain = pieces.filter((piece) => PLAIN.test(piece));
    const others = pieces.filter((piece) => !PLAIN.test(piece));
    const protocol = [...plain, ...readOthers(others.join("&"))];
    checkOnce(protocol.map((piece) => piece.split("=", 1)[0] ?? ""));
    const isSubset = method === "POST" || protocol.some((piece) => piece.startsWith(SUBSET_PREFIX));
    if (isSubset) checkHidesColumns(config, shape);
    return `${config.electricUrl}/v1/shape?${[...ofToken, ...protocol].sort().join("&")}`;
  };
}

/**
 * A client sends the same shape with each request, only the protocol parameters change. So the text
 * that was found to ask for this shape and nothing else isn't read again while it comes again; but one
 * that is much longer than the shape, with junk in it, isn't remembered.
 */
function rememberAgreed(
  { canonical }: Shape,
  read: (query: string) => string[],
): (query: string) => string[] {
  const maxLength = 2 * canonical.length + 256;
  let agreed: string | undefined;
  return (query) => {
    if (query === agreed) return [];
    const protocol = read(query);
    const isPlain = protocol.length === 0;
    if (isPlain && query.length <= maxLength) agreed = query;
    return protocol;
  };
}

/**
 * Checks the shape in what isn't plain of a query, and gives the protocol parameters there as pieces;
 * whatever else there is goes nowhere.
 */
function readRest(query: string, signed: Shape): string[] {
  const { fields, rest } = splitQuery(query);
  const protocol = rest.filter(([name]) => PROTOCOL_PARAMS.includes(baseName(name)));
  checkNames(protocol.map(([name]) => name));
  if (readShape(fields).canonical !== signed.canonical) {
    const message = "The token is for another shape. Get one from the gatekeeper for this shape.";
    throw new Refusal(403, "forbidden", message).because("other_shape");
  }
  const subset = protocol.filter(([name]) => SUBSET_PARAMS.includes(name));
  const others = protocol.filter(([name]) => !SUBSET_PARAMS.includes(name));
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

/** Without `queryable_columns`, a subset query could ask about columns that the token leaves out. */
function checkHidesColumns({ hidesColumns }: ProxyConfig, { queryable }: Shape): void {
  if (queryable === null || hidesColumns) return;
  const message = "This Electric can't hide columns from subset queries.";
  throw new Refusal(403, "forbidden", message).because("electric_version");
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
    const value = headers.get(name);
    if (value !== null) chosen[name] = strongEtags(value);
  }
  if (unopened && chosen["accept-encoding"] !== "identity") keepUnopened(chosen);
  if (method === "POST") chosen["content-type"] = "application/json";
  return chosen;
}

const strongEtags = (value: string) => value.replace(/W\/("[^"]*")/g, "$1");

/**
 * fetch leaves what may be part of a body as it came; servers ignore a unit that they don't know
 * (RFC 9110 section 14.2), and `none` is nobody's.
 */
function keepUnopened(headers: Record<string, string>): void {
  headers["range"] = "none";
}
