import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free_port.ts";
import { sourceOf, writeAll } from "../support/http_reader.ts";
import { deno214Path, noDeno214 } from "../support/older_deno.ts";
import { testPostgres } from "../support/postgres.ts";
import { startProcess } from "../support/process.ts";
import { rawRequest, readResponse } from "../support/raw_http.ts";
import { startEdge, startEdge214, startGatekeeper } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { signToken } from "../support/token.ts";

/**
 * Sends a body of 1,000 bytes one by one, slowly, and tells when it was answered, and how. Deno 2.9 keeps
 * the connection, whatever the answer says, until the client closes it.
 */
async function drip(port: number, target: string, more: readonly string[] = [], method = "POST") {
  const began = performance.now();
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = [`host: 127.0.0.1:${port}`, "content-length: 1000", ...more];
  await writeAll(socket, `${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n{`);
  let open = true;
  const dripping = (async () => {
    while (open) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await writeAll(socket, " ").catch(() => open = false);
    }
  })();
  try {
    const { status, pieces } = await readResponse(sourceOf(socket));
    await Array.fromAsync(pieces);
    return { status, answered: performance.now() - began };
  } finally {
    open = false;
    await dripping;
  }
}

const reader = fileURLToPath(new URL("body_reader.ts", import.meta.url));
const denos = { "this Deno": () => Promise.resolve(Deno.execPath()), "Deno 2.1.4": deno214Path };

for (const [name, path] of Object.entries(denos)) {
  const ignore = name !== "this Deno" && noDeno214 !== null;
  Deno.test({
    name: `a body that comes byte by byte is given up, on ${name}${
      ignore ? ` (skipped: ${noDeno214})` : ""
    }`,
    ignore,
    fn: async () => {
      const port = freePort();
      const args = ["run", "-A", "--no-lock", "--no-config", reader, `${port}`, "500"];
      const options = { name: "body reader", command: await path(), args };
      await using _server = await startProcess(options, `http://127.0.0.1:${port}/`);
      const { status, answered } = await drip(port, "/");
      assert.equal(status, 408);
      assert(answered > 490 && answered < 2000, `after ${answered} ms`);
      const whole = await rawRequest(port, { method: "POST", target: "/", body: ["wh", "ole"] });
      assert.equal(whole.text, '{"text":"whole"}');
    },
  });
}

Deno.test("each server gives a body ten seconds, and doesn't wait for one that it doesn't read", async () => {
  await using postgres = await testPostgres();
  await using tap = new Tap();
  const env = { ELECTRIC_URL: tap.url, DATABASE_URL: postgres.url };
  await using open = new AsyncDisposableStack();
  const edge = open.use(await startEdge(env));
  const gatekeeper = open.use(await startGatekeeper(env));
  const older = noDeno214 === null ? [open.use(await startEdge214(env))] : [];
  const token = [`authorization: Bearer ${await signToken({ shape: { table: "items" } })}`];
  const query = "?table=items&offset=-1";
  const slow = [
    drip(gatekeeper.port, "/gatekeeper/items"),
    drip(gatekeeper.port, "/gatekeeper/items", ["content-type: application/x-www-form-urlencoded"]),
    drip(gatekeeper.port, `/proxy/v1/shape${query}`, token),
    ...[edge, ...older].map(({ port }) => drip(port, `/v1/shape${query}`, token)),
  ];
  const unread = [
    drip(gatekeeper.port, "/gatekeeper/items", ["content-type: image/png"]),
    drip(gatekeeper.port, `/proxy/v1/shape${query}`, token, "GET"),
    drip(gatekeeper.port, "/health", [], "GET"),
    ...[edge, ...older].flatMap(({ port }) => [
      drip(port, `/v1/shape${query}`),
      drip(port, `/v1/shape${query}`, token, "GET"),
      drip(port, "/other"),
    ]),
  ];
  for (const { status, answered } of await Promise.all(slow)) {
    assert.equal(status, 408);
    assert(answered > 9_900 && answered < 12_000, `after ${answered} ms`);
  }
  for (const { status, answered } of await Promise.all(unread)) {
    assert(answered < 2000, `${status} after ${answered} ms`);
  }
});
