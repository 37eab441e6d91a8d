import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { ELECTRIC_PROTOCOL_QUERY_PARAMS } from "@electric-sql/client";
import { Refusal } from "./refusal.ts";
import { Shape } from "./shape.ts";
import {
  formatPiece,
  PROTOCOL_PARAMS,
  readProtocol,
  signedPieces,
  upstreamHeaders,
  upstreamUrl,
} from "./upstream.ts";

Deno.test("every protocol parameter of the official client passes", () => {
  for (const name of ELECTRIC_PROTOCOL_QUERY_PARAMS) ok(PROTOCOL_PARAMS.includes(name), name);
});

Deno.test("protocol parameters are single, flags are words, others are dropped", () => {
  deepEqual([
    ...readProtocol([["offset", "-1"], ["secret", "x"], ["cursor", ""], ["live", "true"]]),
  ], [
    ["offset", "-1"],
    ["cursor", ""],
    ["live", "true"],
  ]);
  throws(() => readProtocol([["offset", "-1"], ["offset", "-1"]]), Refusal);
  throws(() => readProtocol([["offset[]", "-1"]]), Refusal);
  throws(() => readProtocol([["live", ""]]), Refusal);
  throws(() => readProtocol([["live_sse", "1"]]), Refusal);
});

Deno.test("the upstream URL is the shape's, sorted, with our own secret", () => {
  const shape = Shape.parse({ table: "Items", where: "a = $1", params: ["x&y"], columns: "id,b" });
  const electric = {
    url: "http://e",
    pairs: [["secret", "s s"], ["source_id", "1"]],
    hidesColumns: true,
  } as const;
  const protocol = readProtocol([["offset", "-1"], ["handle", "h"]]);
  equal(
    upstreamUrl(electric, signedPieces(electric, shape), [...protocol].map(formatPiece)),
    "http://e/v1/shape?columns=b%2Cid&handle=h&offset=-1&params%5B1%5D=x%26y" +
      "&queryable_columns=b%2Cid&secret=s%20s&source_id=1&table=items&where=a%20%3D%20%241",
  );
});

Deno.test("only listed headers go upstream, and weak etags become strong", () => {
  const headers = upstreamHeaders(
    new Request("http://x", {
      headers: {
        authorization: "Bearer x",
        cookie: "a=b",
        origin: "https://app.example",
        "x-forwarded-for": "1.2.3.4",
        accept: "*/*",
        "if-none-match": 'W/"a", "b", W/"cW/"',
      },
    }),
  );
  deepEqual(headers, {
    accept: "*/*",
    "accept-encoding": "identity",
    "if-none-match": '"a", "b", "cW/"',
  });
});
