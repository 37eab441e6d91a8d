import { deepEqual, equal, throws } from "node:assert/strict";
import { Refusal } from "./refusal.ts";
import { relay, runtimeCompresses } from "./relay.ts";

const varyOf = (vary?: string) =>
  relay(new Response("x", { headers: vary === undefined ? {} : { vary } }), false)
    .headers.get("vary");

Deno.test("Authorization is merged into Vary", () => {
  equal(varyOf(), "Authorization");
  equal(varyOf("accept-encoding"), "accept-encoding, Authorization");
  equal(varyOf("accept-encoding, authorization"), "accept-encoding, authorization");
  equal(varyOf("*"), "*");
});

Deno.test("end-to-end headers pass, hop-by-hop ones and those that Connection names don't", () => {
  const response = relay(
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

Deno.test("a redirect is not passed on, for its address may hold our secret", () => {
  throws(
    () =>
      relay(new Response(null, { status: 302, headers: { location: "http://e?secret=s" } }), false),
    (error) =>
      error instanceof Refusal && error.status === 502 && !error.message.includes("secret"),
  );
  equal(relay(new Response(null, { status: 304 }), true).status, 304);
});

Deno.test("only runtimes that compress by themselves are told not to", () => {
  const coding = (opaque: boolean, body: string | null, headers = {}) =>
    relay(new Response(body, { headers }), opaque).headers.get("content-encoding");
  equal(coding(true, "x"), "identity");
  equal(coding(true, null), null);
  equal(coding(true, "x", { "content-encoding": "zstd" }), "zstd");
  equal(coding(false, "x"), null);
  deepEqual(["2.1.4", "2.8.9", "supabase-edge-runtime-1.70"].map(runtimeCompresses), [
    true,
    true,
    true,
  ]);
  deepEqual(["2.9.6", "2.10.0", "3.0.0"].map(runtimeCompresses), [false, false, false]);
});
