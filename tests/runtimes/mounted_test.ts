import { deepEqual, equal, match } from "node:assert/strict";
import { ShapeStream } from "@electric-sql/client";
import postgres, { type Sql } from "postgres";
import { applyMigrations } from "../../dev/migrations.ts";
import { startSyncService } from "../../dev/sync/service.ts";
import { freePort } from "../support/free_port.ts";
import { npmBinary, whyMissing } from "../support/npm_binary.ts";
import { builtPackage } from "../support/package.ts";
import { testPostgres } from "../support/postgres.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { NODE_22 } from "./binaries.ts";

const ALICE = "8f0f3e1a-0000-4000-8000-000000000001";
const ORIGIN = "https://app.example";
const missing = whyMissing(NODE_22);

const running = new AsyncDisposableStack();
let databaseUrl: string;
let electricUrl: string;
let sql: Sql;
Deno.test.beforeAll(async () => {
  if (missing !== null) return;
  databaseUrl = running.use(await testPostgres()).url;
  await applyMigrations(databaseUrl, ROOT, () => {});
  sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  running.defer(() => sql.end({ timeout: 1 }));
  const sync = await startSyncService({ databaseUrl, port: 0 });
  running.defer(() => sync.stop());
  electricUrl = `http://127.0.0.1:${sync.port}`;
});
Deno.test.afterAll(() => running.disposeAsync());

/** The app, mounted in one way, on Node 22. */
async function startApp(way: string) {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = await startProcess({
    name: way,
    command: await npmBinary(NODE_22),
    args: ["tests/runtimes/mounted.mjs", await builtPackage(), way],
    env: {
      AUTH_SECRET,
      DATABASE_URL: databaseUrl,
      ELECTRIC_URL: electricUrl,
      ELECTRIC_PROXY_URL: `${url}/api/edge`,
      ALLOWED_ORIGINS: ORIGIN,
      PORT: `${port}`,
    },
  }, url);
  return { url, process, [Symbol.asyncDispose]: () => process.stop() };
}

/** The values of a shape, as the official client gets them, until there are so many. */
function sync(config: { url: string; headers: Record<string, string>; params: object }) {
  const over = new AbortController();
  const { url, headers, params } = config;
  const stream = new ShapeStream({ url, headers, params: { ...params }, signal: over.signal });
  const values: unknown[] = [];
  return {
    async until(count: number): Promise<unknown[]> {
      const deadline = Date.now() + 10_000;
      stream.subscribe((messages) => {
        for (const message of messages) {
          if ("value" in message && message.headers["operation"] === "insert") {
            values.push(message.value["value"] ?? message.value["title"]);
          }
        }
      }, (error) => values.push(String(error)));
      while (values.length < count && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return values;
    },
    [Symbol.dispose]: () => over.abort(),
  };
}

for (const way of ["hono", "next", "express"]) {
  Deno.test({
    name: `mounted in ${way}, on Node 22, both servers sync rows to the official client${
      missing ? ` (skipped: ${missing})` : ""
    }`,
    ignore: missing !== null,
    fn: async () => {
      await using app = await startApp(way);
      const value = `from ${way}`;
      await sql`insert into items (value) values (${value})`;
      const granted = await fetch(`${app.url}/api/sync/gatekeeper/items`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ where: "value = $1", params: [value] }),
      });
      equal(granted.status, 200, await granted.clone().text());
      const config = await granted.json();
      equal(config.url, `${app.url}/api/edge/v1/shape`);
      for (const url of [config.url, `${app.url}/api/sync/proxy/v1/shape`]) {
        using stream = sync({ ...config, url });
        deepEqual(await stream.until(1), [value]);
      }
      equal((await fetch(`${app.url}/api/edge/v1/shape?table=items&offset=-1`)).status, 401);
      match(await (await fetch(app.url)).text(), /the app/);
    },
  });

  Deno.test({
    name: `mounted in ${way}, the app's own session says who asks, from its own pages`,
    ignore: missing !== null,
    fn: async () => {
      await using app = await startApp(way);
      const ask = (init: RequestInit) =>
        fetch(`${app.url}/api/sync/gatekeeper/todos`, { method: "POST", ...init });
      const alice = await ask({ headers: { cookie: "session=alices-session", origin: ORIGIN } });
      equal(alice.status, 200);
      equal(alice.headers.get("access-control-allow-origin"), ORIGIN);
      equal(alice.headers.get("access-control-allow-credentials"), "true");
      match(alice.headers.get("vary") ?? "", /origin/i);
      deepEqual((await alice.json()).params.params, { 1: ALICE });

      const nobody = await ask({ headers: { cookie: "session=forged", origin: ORIGIN } });
      equal(nobody.status, 403);
      await nobody.body?.cancel();
      const elsewhere = await ask({
        headers: { cookie: "session=alices-session", origin: "https://evil.example" },
      });
      equal(elsewhere.headers.get("access-control-allow-origin"), null);
      equal(elsewhere.headers.get("access-control-allow-credentials"), null);
      await elsewhere.body?.cancel();

      const preflight = await ask({
        method: "OPTIONS",
        headers: { origin: ORIGIN, "access-control-request-headers": "content-type, x-mine" },
      });
      equal(preflight.status, 204);
      equal(preflight.headers.get("access-control-allow-headers"), "content-type, x-mine");
      equal(preflight.headers.get("access-control-allow-origin"), ORIGIN);
    },
  });
}
