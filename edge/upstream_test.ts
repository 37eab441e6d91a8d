import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { ELECTRIC_PROTOCOL_QUERY_PARAMS } from "@electric-sql/client";
import { Refusal } from "../shared/refusal.ts";
import { readShape } from "../shared/shape.ts";
import { createUpstreamUrl, PROTOCOL_PARAMS, upstreamHeaders } from "./upstream.ts";

const config = {
  electricUrl: "http://e",
  electricQuery: ["secret=s%20s", "source_id=1"],
  hidesColumns: true,
  unopened: false,
  timeout: 1000,
  keys: { algorithms: [], finders: [], generation: () => 0 },
  token: { clockTolerance: 5 },
};
const shape = readShape({ table: "items", where: "a = $1", params: ["x y"] });
const SHAPE = "table=items&where=a+%3D+%241&params%5B1%5D=x+y";
const URL = "params%5B1%5D=x%20y&secret=s%20s&source_id=1&table=items&where=a%20%3D%20%241";

/** What the client's query adds to what the token says. */
function createAsk() {
  const upstreamUrl = createUpstreamUrl(config, shape);
  return (query: string) => {
    const pieces = upstreamUrl("GET", query).slice("http://e/v1/shape?".length).split("&");
    deepEqual(pieces, pieces.toSorted());
    for (const piece of URL.split("&")) ok(pieces.includes(piece), piece);
    return pieces.filter((piece) => !URL.split("&").includes(piece));
  };
}

Deno.test("every protocol parameter of the official client passes", () => {
  const ask = createAsk();
  for (const name of ELECTRIC_PROTOCOL_QUERY_PARAMS) {
    ok(PROTOCOL_PARAMS.includes(name), name);
    if (!name.startsWith("subset__")) {
      deepEqual(ask(`${SHAPE}&${name}=true`), [`${name}=true`]);
    }
  }
  deepEqual(ask(`${SHAPE}&subset__limit=1&subset__order_by=n&subset__where_expr={}`), [
    "subset__limit=1",
    "subset__order_by=%22n%22",
  ]);
});

Deno.test("the upstream URL is the shape's, sorted, with our own secret", () => {
  const narrow = readShape({ table: "Items", where: "a = $1", params: ["x&y"], columns: "id,b" });
  equal(
    createUpstreamUrl(config, narrow)(
      "GET",
      `offset=-1&table=ITEMS&where=a%20=%20$1&params[1]=x%26y&columns="b",id&handle=h`,
    ),
    "http://e/v1/shape?columns=b%2Cid&handle=h&offset=-1&params%5B1%5D=x%26y" +
      "&queryable_columns=b%2Cid&secret=s%20s&source_id=1&table=items&where=a%20%3D%20%241",
  );
});

Deno.test("protocol parameters pass, others are dropped, also when the shape is known", () => {
  const ask = createAsk();
  for (let i = 0; i < 2; i++) {
    deepEqual(ask(`${SHAPE}&offset=0_${i}&live=true`), ["live=true", `offset=0_${i}`]);
    deepEqual(ask(`offset=${i}&${SHAPE}&cursor=&junk=1&secret=x`), ["cursor=", `offset=${i}`]);
    deepEqual(ask(`${SHAPE}&queryable_columns=x&queryable_columns[]=y`), []);
    deepEqual(ask(`table=public.items&${SHAPE.slice(12)}`), []);
  }
});

Deno.test("a known shape lets nothing else pass", () => {
  const ask = createAsk();
  const refused = (query: string) => throws(() => ask(query), Refusal, query);
  for (let i = 0; i < 2; i++) {
    ask(`${SHAPE}&offset=-1`);
    refused(`${SHAPE.replace("items", "other")}&offset=-1`);
    refused(`${SHAPE}&table=items&offset=-1`);
    refused(`${SHAPE}&offset=-1&offset=-1`);
    refused(`${SHAPE}&offset=-1&%6Fffset=-1`);
    refused(`${SHAPE}&live=`);
    refused(`${SHAPE}&live=1`);
    refused(`${SHAPE}&live_sse=TRUE`);
    refused(`${SHAPE}&offset[]=-1`);
    refused(`${SHAPE}&offset=%zz`);
    refused(`${SHAPE}&subset__order_by=n+limit+1`);
    refused(`${SHAPE}&subset__limit=1&subset__limit=1`);
    refused(`${SHAPE}&subset__limit=1&%73ubset__limit=1`);
    refused(`${SHAPE}&subset__where_expr=1&subset__where_expr=1`);
    refused(`${SHAPE}&subset__where[]=1`);
    refused("offset=-1");
  }
});

Deno.test("a protocol parameter in an odd spelling is read each time", () => {
  const ask = createAsk();
  for (
    const [query, added] of [
      ["%6Fffset=-1", "offset=-1"],
      ["subset__where=a+%3E+1", "subset__where=a%20%3E%201"],
    ]
  ) {
    for (let i = 0; i < 3; i++) deepEqual(ask(`${SHAPE}&${query}`), [added]);
    deepEqual(ask(SHAPE), []);
  }
});

Deno.test("an Electric that can't hide columns isn't asked for subsets of narrowed ones", () => {
  const older = { ...config, hidesColumns: false };
  const narrow = createUpstreamUrl(older, readShape({ table: "items", columns: "id" }));
  const forbidden = (error: unknown) => error instanceof Refusal && error.status === 403;
  throws(() => narrow("POST", "table=items&columns=id"), forbidden);
  throws(() => narrow("GET", "table=items&columns=id&subset__limit=1"), forbidden);
  narrow("GET", "table=items&columns=id&offset=-1");
  createUpstreamUrl(older, readShape({ table: "items" }))("POST", "table=items");
});

Deno.test("only listed headers go upstream, and weak etags become strong", () => {
  const headers = {
    authorization: "Bearer x",
    cookie: "a=b",
    origin: "https://app.example",
    "x-forwarded-for": "1.2.3.4",
    accept: "*/*",
    "if-none-match": 'W/"a", "b", W/"cW/"',
  };
  const given = {
    accept: "*/*",
    "accept-encoding": "identity",
    "if-none-match": '"a", "b", "cW/"',
  };
  deepEqual(upstreamHeaders(new Request("http://x", { headers })), given);
  deepEqual(upstreamHeaders(new Request("http://x", { headers }), true), given);
  const compressed = new Request("http://x", { headers: { "accept-encoding": "gzip" } });
  deepEqual(upstreamHeaders(compressed), { "accept-encoding": "gzip" });
  deepEqual(upstreamHeaders(compressed, true), { "accept-encoding": "gzip", range: "none" });
  const post = new Request("http://x", { method: "POST", headers });
  deepEqual(upstreamHeaders(post), { ...given, "content-type": "application/json" });
});
