import { deepEqual, equal, ok } from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { whyMissing } from "../support/npm_binary.ts";
import { Tap } from "../support/tap.ts";
import { signToken } from "../support/token.ts";
import { WORKERD } from "./binaries.ts";
import { startWorkerEdge } from "./servers.ts";

const missing = whyMissing(WORKERD);
const start = startWorkerEdge(WORKERD);
const skipped = missing ? ` (skipped: ${missing})` : "";

/** What it answers to so many requests at once. */
async function statusesOf(url: string, token: string, count: number): Promise<number[]> {
  const headers = { authorization: `Bearer ${token}` };
  const ask = async () => {
    const response = await fetch(`${url}/v1/shape?table=items&offset=-1`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  return await Promise.all(Array.from({ length: count }, ask));
}

Deno.test({
  name: `on Workers, each held request has its own time${skipped}`,
  ignore: missing !== null,
  fn: async () => {
    await using tap = new Tap();
    await using edge = await start({ ELECTRIC_URL: tap.url, ELECTRIC_TIMEOUT: "1" });
    const token = await signToken({ shape: { table: "items" } });
    tap.reset("hang");
    for (let round = 0; round < 2; round++) {
      const began = performance.now();
      deepEqual(await statusesOf(edge.url, token, 3), [504, 504, 504]);
      ok(performance.now() - began < 4000);
    }
  },
});

Deno.test({
  name: `on Workers, the first requests at once all get the keys${skipped}`,
  ignore: missing !== null,
  fn: async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const keys = [{ ...await exportJWK(publicKey), kid: "a", alg: "ES256", use: "sig" }];
    let fetched = 0;
    const serving = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    await using server = Deno.serve(serving, async () => {
      fetched++;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return Response.json({ keys });
    });
    await using tap = new Tap();
    tap.reset({ headers: [["content-length", "2"]], body: "[]" });
    const AUTH_JWKS_URL = `http://127.0.0.1:${server.addr.port}/jwks.json`;
    await using edge = await start({ AUTH_SECRET: "", AUTH_JWKS_URL, ELECTRIC_URL: tap.url });
    const jwt = new SignJWT({ shape: { table: "items" } }).setProtectedHeader({
      alg: "ES256",
      kid: "a",
    });
    const token = await jwt.setExpirationTime("1h").sign(privateKey);
    deepEqual(await statusesOf(edge.url, token, 5), [200, 200, 200, 200, 200]);
    const before = fetched;
    await statusesOf(edge.url, token, 5);
    equal(fetched, before, "after that, they are kept");
  },
});
