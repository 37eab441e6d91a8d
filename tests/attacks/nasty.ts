import type { Pairs } from "../support/http_reader.ts";

/** Names of parameters, written as they go over the wire, that some reader takes for a shape's. */
export const NAMES =
  ("table %74able table%5B%5D table[] table[x] Table %20table table%00 table%20 " +
    "+table table. [table] table] t%61ble%5b0%5d where where[] where[x] %77here columns columns[] " +
    "columns[0] params params[] params[0] params[1] params[2] params[3] params[01] params[1][x] " +
    "params%5B1%5D params%5b1%5d params[%31] params[-1] params[1e0] params[9999999999999999999] " +
    "replica replica[] queryable_columns queryable_columns[] namespace schema secret api_secret " +
    "source_id secret[] subset subset[table] subset[where] subset__where subset__where[] " +
    "subset__table subset__params subset__limit subset__columns subset__ experimental_compaction " +
    "live live[] live_sse experimental_live_sse offset handle cursor log cache-buster expired_handle " +
    "access_token token authorization __proto__ __proto__[table] constructor toString hasOwnProperty " +
    "_method shape shape_definition shape[table] & ; ;table %26table %23 # %3F %00 %0d%0aX %FF %zz")
    .split(" ");

/** Values, written as they go over the wire. */
export const VALUES =
  ("secrets %22secrets%22 public.secrets items_0 a.b.c %22 %22%22 %22a +secrets " +
    "secrets+ secrets%00 secrets%0a secrets%00items secrets,items secrets%26where=true " +
    "x%26table%3Dsecrets x&table=secrets x;table=secrets x%23table=secrets x#table=secrets " +
    "x%0d%0aHost:+evil x%0d%0a%0d%0aGET+/v1/shape?table=secrets true TRUE false 1 0 -1 null undefined " +
    "NaN 1e9 0_0 now %20 + %09 %C2%A0 %E3%80%80 %EF%BB%BF %E2%80%8B %CC%81x %C2%85 * id,secret " +
    "id,,secret %22id%22,%22secret%22 id%2Csecret true)+or+(true true)+OR+(true--+ 1=1/* " +
    "owner%3D%241 {%22table%22:%22secrets%22} {%221%22:%22x%22} [%22secrets%22] %5B%5D full default " +
    "changes_only % %2 %zz %u0041 %c0%af %ed%a0%80 %f4%90%80%80 %ff é %2573ecrets ..%2f..%2f ../ \\ " +
    "{{x}} ${x} %7f %1b[31m 0x1 ' ''")
    .split(" ");

/** Paths that somebody may take for the shape route, or for no route. */
export const PATHS = ("/v1/shape/ //v1/shape /v1//shape /v1/./shape /v1/x/../shape /v1/%73hape " +
  "/V1/SHAPE /v1/shape%00 /v1/shape%20 /v1/shape%3Ftable=secrets /v1%2fshape /%2e/v1/shape " +
  "/v1/shape; /v1/shape;x=1 /v1/shape.json /v1/shape%2f /v1\\shape /v1/shape%23 /v1/shape#x " +
  "/edge/v1/shape /edge//v1/shape /functions/v1/edge/v1/shape /proxy/v1/shape /proxy/../v1/shape " +
  "/proxy//v1/shape /v1/ / /health /health/../v1/shape /.well-known/jwks.json /v1/health /metrics " +
  "http://evil/v1/shape http://127.0.0.1:1/v1/shape https://x@y/v1/shape //evil/v1/shape * evil:443 " +
  "/gatekeeper/../proxy/v1/shape /v1/shape/../../api /%76%31/%73%68%61%70%65 /v1/sh\u00e4pe")
  .split(" ");

/** Headers that some server or proxy obeys. */
export const HEADERS: Pairs = [
  ["x-original-url", "/v1/shape?table=secrets"],
  ["x-rewrite-url", "/v1/shape?table=secrets"],
  ["x-http-method-override", "DELETE"],
  ["x-method-override", "DELETE"],
  ["x-forwarded-host", "evil"],
  ["x-forwarded-for", "127.0.0.1"],
  ["x-forwarded-uri", "/v1/shape?table=secrets"],
  ["x-forwarded-proto", "gopher"],
  ["x_forwarded_for", "127.0.0.1"],
  ["forwarded", "for=127.0.0.1;host=evil"],
  ["host", "evil"],
  ["host", "x/v1/shape?table=secrets&"],
  ["host", "x/v1/shape?table=secrets#"],
  ["host", "evil@x"],
  ["host", ""],
  ["host", "\\evil"],
  ["connection", "authorization"],
  ["connection", "close, traceparent, content-type"],
  ["connection", "upgrade"],
  ["upgrade", "h2c"],
  ["upgrade", "websocket"],
  ["te", "trailers"],
  ["expect", "100-continue"],
  ["range", "bytes=0-10"],
  ["origin", "https://evil"],
  ["origin", "null"],
  ["cookie", "token=x; secret=y"],
  ["proxy-authorization", "Basic eDp5"],
  ["accept", "text/event-stream"],
  ["accept-encoding", "gzip, br, identity;q=0"],
  ["if-none-match", 'W/"e"'],
  ["if-none-match", "*"],
  ["if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"],
  ["traceparent", "00-x&table=secrets-01"],
  ["tracestate", "a=b\tc"],
  ["content-type", "application/x-www-form-urlencoded"],
  ["content-type", "application/json; charset=utf-16"],
  ["content-type", "multipart/form-data; boundary=x"],
  ["content-encoding", "gzip"],
  ["content-length", "0"],
  ["content-length", "5, 5"],
  ["content-length", "-1"],
  ["content-length", "0x10"],
  ["transfer-encoding", "chunked"],
  ["transfer-encoding", "xchunked"],
  ["transfer-encoding", "identity, chunked"],
  ["transfer-encoding ", "chunked"],
  ["max-forwards", "0"],
  ["apikey", "x"],
  ["x-client-info", "\u00e9\u4e2d"],
  ["authorization ", "Bearer x"],
  ["Authorization", "Basic eDp5"],
  ["x-bad", "a\rb"],
  ["x-bad", "a\0b"],
  ["bad header", "x"],
  ["", "x"],
  [" folded", "x"],
];

/** Bodies of a POST: all that Electric would merge, and all that breaks a JSON reader. */
export const BODIES = [
  "{}",
  '{"table":"secrets"}',
  '{"where":"true","table":"secrets"}',
  '{"subset":{"where":"true"},"table":"secrets","columns":"id,secret"}',
  '{"subset":{"where":"true"},"where":"true"}',
  '{"columns":["id","secret"],"queryable_columns":null}',
  '{"params":{"1":"mallory"}}',
  '{"replica":"full","live":true,"offset":"-1"}',
  '{"secret":"x","api_secret":"x","source_id":"x"}',
  '{"where":"1 = 1","limit":10,"offset":0,"order_by":"id"}',
  '{"where":"id = $1","params":{"1":9007199254740993}}',
  '{"where_expr":{"table":"secrets"},"order_by_expr":[{"table":"secrets"}]}',
  '{"where":"a","where":{"table":"secrets"}}',
  '{"\\u0074able":"secrets"}',
  '{"__proto__":{"table":"secrets"}}',
  '{"hasOwnProperty":"where"}',
  '{"constructor":{"prototype":{"table":"secrets"}}}',
  '{"where":"a"}{"table":"secrets"}',
  '\uFEFF{"table":"secrets"}',
  '{"where":"\\ud800"}',
  '{"where":"\\u0000"}',
  '{"where":null,"limit":null}',
  '{"limit":-1,"offset":1e309}',
  '{"limit":1e1000000,"params":{"1":1E+400}}',
  `{"limit":${"9".repeat(5000)}}`,
  `{"params":${'{"1":'.repeat(2000)}1${"}".repeat(2000)}}`,
  `{"where_expr":${"[".repeat(20000)}${"]".repeat(20000)}}`,
  "[".repeat(50000),
  "table=secrets&where=true",
  '[{"table":"secrets"}]',
  '"table"',
  "null",
  "",
  " ",
  "\0",
  '{"where":"true",}',
  "{'table':'secrets'}",
  '{"table":NaN}',
  '//\n{"table":"secrets"}',
  "GET /v1/shape?table=secrets HTTP/1.1\r\nhost: x\r\n\r\n",
  "0\r\n\r\nGET /v1/shape?table=secrets HTTP/1.1\r\nhost: x\r\n\r\n",
];

/** Methods that aren't for shapes, and other spellings of those that are. */
export const METHODS = ("OPTIONS DELETE PUT PATCH TRACE " +
  "CONNECT PROPFIND PURGE get GeT G\u00cbT QUERY").split(" ");

/** Shape claims that aren't shapes, though a good signature is on them; their lane is nobody's. */
export const BAD_CLAIMS: readonly unknown[] = [
  null,
  "secrets",
  1,
  true,
  [],
  ["secrets"],
  [{ table: "secrets" }],
  {},
  { table: null },
  { table: "" },
  { table: " " },
  { table: ["secrets"] },
  { table: { toString: "secrets" } },
  { table: 1 },
  { table: "a.b.c" },
  { table: "secrets; drop" },
  { table: "secrets\0" },
  { table: "\u0301secrets" },
  { table: '"\u0301secrets"' },
  { table: '"secrets\u0600"' },
  { table: '"\u200dsecrets"' },
  { table: '"\ud800"' },
  { table: "x".repeat(64) },
  { table: "secrets", where: "" },
  { table: "secrets", where: "\u00a0\u3000" },
  { table: "secrets", where: ["true"] },
  { table: "secrets", where: { a: 1 } },
  { table: "secrets", where: true },
  { table: "secrets", where: "a\nb" },
  { table: "secrets", columns: [] },
  { table: "secrets", columns: "" },
  { table: "secrets", columns: ["id", ["secret"]] },
  { table: "secrets", columns: { 0: "id" } },
  { table: "secrets", columns: ["id", "id"] },
  { table: "secrets", columns: ["id", ""] },
  { table: "secrets", columns: ["id", '"\u0301x"'] },
  { table: "secrets", queryable_columns: [] },
  { table: "secrets", queryable_columns: 5 },
  { table: "secrets", params: "x" },
  { table: "secrets", params: [1] },
  { table: "secrets", params: [["x"]] },
  { table: "secrets", params: ["x\0"] },
  { table: "secrets", params: ["x\ud800"] },
  { table: "secrets", params: { 2: "x" } },
  { table: "secrets", params: { 1: "x", a: "y" } },
  { table: "secrets", params: { 1: null } },
  { table: "secrets", params: { length: 1 } },
  { table: "secrets", replica: "FULL" },
  { table: "secrets", replica: true },
  { table: "secrets", limit: 1 },
  { table: "secrets", secret: "x" },
  { table: "secrets", namespace: ["a"] },
  { table: "secrets", namespace: "a.b" },
  { table: "secrets", namespace: "" },
  { Table: "secrets" },
];
