import { deepEqual, equal, ok } from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { noNginx } from "../support/nginx.ts";
import { noDeno214 } from "../support/older_deno.ts";
import { rawRequest } from "../support/raw_http.ts";
import { startEdge, startEdge214 } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { startCdn } from "./cdn.ts";
import { spelling, tokenOf } from "./users.ts";

const ROWS = JSON.stringify(Array.from({ length: 2000 }, (_, id) => ({ id, value: "value" })));
const gzip = ["accept-encoding", "gzip, br"] as const;

if (noNginx !== null) console.log(`tests/cdn/compressed_test.ts is skipped: ${noNginx}`);

Deno.test({
  name: "what the CDN compressed passes unopened where it is told to",
  ignore: noNginx !== null,
  async fn(t) {
    await using tap = new Tap();
    tap.answer = {
      headers: [
        ["content-type", "application/json"],
        ["cache-control", "public, max-age=60"],
        ["etag", '"1:0_0"'],
        ["content-length", `${ROWS.length}`],
      ],
      body: ROWS,
    };
    await using cdn = await startCdn(tap.url);
    const env = { ELECTRIC_URL: cdn.url, ELECTRIC_PASS_COMPRESSED: "1" };
    const target = spelling(0, { offset: "-1" });
    const bearer = ["authorization", `Bearer ${await tokenOf("reader")}`] as const;
    const cdnPort = Number(new URL(cdn.url).port);

    await t.step("the client gets the CDN's bytes", async () => {
      await using edge = await startEdge(env);
      for (const state of ["MISS", "HIT"]) {
        const answer = await rawRequest(edge.port, { target, headers: [bearer, gzip] });
        deepEqual((await cdn.take()).statuses, [state]);
        equal(answer.header("content-encoding"), "gzip");
        equal(gunzipSync(answer.body).toString(), ROWS);
        const [url] = tap.requests.map((request) => request.target);
        const direct = await rawRequest(cdnPort, { target: url ?? "", headers: [gzip] });
        await cdn.take();
        deepEqual(answer.body, direct.body);
        equal(answer.header("etag"), direct.header("etag"));
        ok(answer.header("vary")?.includes("Authorization"));
      }
      equal(tap.requests.length, 1);
    });

    await t.step("a client that takes nothing compressed gets nothing compressed", async () => {
      await using edge = await startEdge(env);
      for (const headers of [[bearer], [bearer, ["accept-encoding", "identity"]]] as const) {
        const answer = await rawRequest(edge.port, { target, headers });
        equal(answer.header("content-encoding"), undefined);
        equal(answer.text, ROWS);
      }
    });

    await t.step("revalidation is answered from the cache", async () => {
      await using edge = await startEdge(env);
      const condition = ["if-none-match", 'W/"1:0_0"'] as const;
      const answer = await rawRequest(edge.port, { target, headers: [bearer, gzip, condition] });
      equal(answer.status, 304);
    });

    await t.step("without the setting it is inflated, and says so", async () => {
      await using edge = await startEdge({ ELECTRIC_URL: cdn.url });
      const answer = await rawRequest(edge.port, { target, headers: [bearer, gzip] });
      equal(answer.header("content-encoding"), undefined);
      equal(answer.text, ROWS);
    });

    if (noDeno214 !== null) return;
    await t.step(
      "Deno 2.1.4, which can't, asks as without the setting, and gives the rows",
      async () => {
        const straight = { ELECTRIC_URL: tap.url, ELECTRIC_PASS_COMPRESSED: "1" };
        await using uncached = await startEdge214(straight);
        const asked = await rawRequest(uncached.port, { target, headers: [bearer, gzip] });
        equal(asked.status, 200);
        const headers = Object.fromEntries(tap.requests.at(-1)?.headers ?? []);
        deepEqual([headers["range"], headers["accept-encoding"]], [undefined, "gzip, br"]);
        await using edge = await startEdge214(env);
        const answer = await rawRequest(edge.port, { target, headers: [bearer, gzip] });
        equal(answer.status, 200);
        const coding = answer.header("content-encoding") ?? "identity";
        equal(coding === "gzip" ? gunzipSync(answer.body).toString() : answer.text, ROWS);
      },
    );
  },
});
