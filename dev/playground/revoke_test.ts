import { equal, ok } from "node:assert/strict";
import { untilRefused } from "./revoke.ts";

/** A gatekeeper whose proxy refuses a token when it was asked so often. */
function startProxy(refusesAfter: number) {
  let asked = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const isOver = request.headers.get("authorization") === "Bearer t" && ++asked > refusesAfter;
    return new Response(null, { status: isOver ? 401 : 403 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked: () => asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("a revocation is waited for until the proxy refuses the token", async () => {
  await using proxy = startProxy(3);
  await untilRefused(proxy.url, "t");
  equal(proxy.asked(), 4);
});

Deno.test("it is waited for two seconds at most", async () => {
  await using proxy = startProxy(Infinity);
  const began = Date.now();
  await untilRefused(proxy.url, "t");
  const took = Date.now() - began;
  ok(took >= 2000 && took < 10_000, `${took} ms`);
});
