import assert from "node:assert/strict";
import { ShapeStream } from "@electric-sql/client";
import { gatekeeperShape } from "../../client/index.ts";
import { startSyncService } from "../../dev/sync/service.ts";
import { freePort } from "../support/free_port.ts";
import { testPostgres } from "../support/postgres.ts";
import { startProcess } from "../support/process.ts";
import { AUTH_SECRET, EDGE, startGatekeeper } from "../support/servers.ts";

Deno.test("a wrong ELECTRIC_SECRET renews no token; once it is right, clients go on by themselves", async () => {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await testPostgres());
  const databaseUrl = postgres.url;
  const port = freePort();
  const edgeUrl = `http://127.0.0.1:${port}`;
  const sync = { url: "" };
  const startEdge = (secret: string) =>
    startProcess({
      name: "edge",
      args: ["serve", "-NE", "--port", `${port}`, EDGE],
      env: { AUTH_SECRET, ELECTRIC_URL: sync.url, ELECTRIC_SECRET: secret },
    }, `${edgeUrl}/health`);

  // It applies the migrations, without which there is nothing to sync.
  const env = { DATABASE_URL: databaseUrl, ELECTRIC_URL: edgeUrl, ELECTRIC_PROXY_URL: edgeUrl };
  const gatekeeper = stack.use(await startGatekeeper(env));
  const service = await startSyncService({ databaseUrl, port: 0, secret: "right" });
  stack.defer(() => service.stop());
  sync.url = `http://127.0.0.1:${service.port}`;

  const wrong = await startEdge("wrong");
  stack.defer(() => wrong.kill());
  const over = new AbortController();
  stack.defer(() => over.abort());
  const statuses: number[] = [];
  const shape = gatekeeperShape({
    gatekeeper: gatekeeper.url,
    table: "items",
    signal: over.signal,
    fetchClient: async (input, init) => {
      const response = await fetch(input, init);
      if (String(input).startsWith(edgeUrl)) statuses.push(response.status);
      return response;
    },
  });
  let error: Error | undefined;
  const stream = new ShapeStream({
    ...shape,
    backoffOptions: { initialDelay: 10, maxDelay: 50, multiplier: 2 },
  });
  stream.subscribe(() => {}, (cause) => error = cause);
  await until(() => statuses.length > 0);
  assert.deepEqual(statuses, [502]);
  assert.match(wrong.lines.join("\n"), /edge: .*ELECTRIC_SECRET/);
  await wrong.stop();
  stack.use(await startEdge("right"));
  await until(() => stream.isUpToDate);
  assert.equal(error, undefined);
  const posts = gatekeeper.process.lines.filter((line) => line.includes("POST /gatekeeper/items"));
  assert.equal(posts.length, 1, "one token, never renewed");
});

async function until(check: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !check();) {
    if (Date.now() > deadline) throw new Error("not after 20 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
