import { deepEqual, equal } from "node:assert/strict";
import { relay as relayOn } from "./relay.ts";

const relay = (request: Request, response: Response, compresses: boolean) =>
  relayOn(request, response, {
    inflates: ["gzip", "br"],
    inflatesUnasked: false,
    compresses,
    sharesHeaders: false,
  });

const plain = new Request("http://x");
const varyOf = (vary?: string) =>
  relay(plain, new Response("x", { headers: vary === undefined ? {} : { vary } }), false)
    .headers.get("vary");

Deno.test("Authorization is merged into Vary", () => {
  equal(varyOf(), "Authorization");
  equal(varyOf("accept-encoding"), "accept-encoding, Authorization");
  equal(varyOf("accept-encoding, authorization"), "accept-encoding, authorization");
  equal(varyOf("*"), "*");
});

Deno.test("end-to-end headers pass, hop-by-hop ones and those that Connection names don't", () => {
  const response = relay(
    plain,
    new Response("x", {
      headers: [
        ["connection", "keep-alive, X-Hop"],
        ["keep-alive", "timeout=5"],
        ["x-hop", "1"],
        ["transfer-encoding", "chunked"],
        ["etag", '"strong"'],
        ["electric-new", "1"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    }),
    false,
  );
  const names = [...response.headers].map(([name]) => name);
  deepEqual(names, [
    "content-type",
    "electric-new",
    "etag",
    "set-cookie",
    "set-cookie",
    "vary",
  ]);
});

Deno.test("an address of upstream's is not passed on, for it may hold our secret", () => {
  const headers = { location: "http://e?secret=s" };
  const response = relay(plain, new Response("x", { status: 300, headers }), false);
  equal(response.headers.get("location"), null);
  equal(relay(plain, new Response(null, { status: 304 }), true).status, 304);
});

Deno.test("only runtimes that compress by themselves are told not to", () => {
  const accepting = new Request("http://x", { headers: { "accept-encoding": "gzip" } });
  const coding = (request: Request, older: boolean, body: string | null, headers = {}) =>
    relay(request, new Response(body, { headers }), older).headers.get("content-encoding");
  equal(coding(accepting, true, "x"), "identity");
  equal(coding(plain, true, "x"), null);
  equal(coding(accepting, true, null), null);
  equal(coding(accepting, true, "x", { "content-encoding": "zstd" }), "zstd");
  equal(coding(accepting, false, "x"), null);
});

Deno.test("what fetch has inflated isn't said to be compressed", () => {
  const codingOf = (asked: HeadersInit, coding: string) => {
    const headers = { "content-encoding": coding, "content-length": "35" };
    const request = new Request("http://x", { headers: asked });
    const answer = relay(request, new Response("x", { headers }), false).headers;
    return [answer.get("content-encoding"), answer.get("content-length")];
  };
  deepEqual(codingOf({ "accept-encoding": "gzip, br" }, "gzip"), [null, null]);
  deepEqual(codingOf({ "accept-encoding": "gzip, br" }, "br"), [null, null]);
  deepEqual(codingOf({ "accept-encoding": "zstd" }, "zstd"), ["zstd", "35"]);
  deepEqual(codingOf({ "accept-encoding": "identity" }, "gzip"), ["gzip", "35"]);
  deepEqual(codingOf({}, "gzip"), ["gzip", "35"]);
});
