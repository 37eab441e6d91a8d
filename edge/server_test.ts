import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ConfigError } from "../shared/config_error.ts";
import { AUTH_SECRET } from "../tests/support/servers.ts";
import { signToken } from "../tests/support/token.ts";
import { createEdge } from "./edge.ts";
import type { ServerOptions } from "./server.ts";

const GOOD = { AUTH_SECRET, ELECTRIC_URL: "http://127.0.0.1:1" };

/** An edge that is part of a program of its own, and what it logged. */
function createPart(options: ServerOptions) {
  const lines: string[] = [];
  const stop = new AbortController();
  const log = (line: string) => void lines.push(line);
  const edge = createEdge({ env: GOOD, log, stopping: stop.signal, ...options });
  const statusOf = async (path: string) => {
    const response = await edge.fetch(new Request(`http://app${path}`));
    await response.body?.cancel();
    return response.status;
  };
  return { edge, lines, stop, statusOf };
}

Deno.test("what can't be configured rejects, says why once, and answers nothing but 500", async () => {
  const bad: readonly [ServerOptions, RegExp][] = [
    [{ env: {} }, /^ELECTRIC_URL|^AUTH_SECRET/],
    [{ env: { ...GOOD, AUTH_SECRET: "short" } }, /^AUTH_SECRET is too short/],
    [{ env: { ...GOOD, AUTH_PRIVATE_JWK: "{}" } }, /^AUTH_PRIVATE_JWK/],
    [{ basePath: "api/sync" }, /^basePath/],
    [{ basePath: "/api/sync/" }, /^basePath/],
    [{ basePath: "/api/../sync" }, /^basePath/],
  ];
  for (const [options, says] of bad) {
    const { edge, lines, statusOf } = createPart(options);
    await rejects(edge.ready, ConfigError);
    for (const path of ["/health", "/v1/shape?table=items", "/"]) equal(await statusOf(path), 500);
    equal(lines.length, 1);
    match(lines[0] ?? "", says);
  }
});

Deno.test("it may be asked before it is ready", async () => {
  const { statusOf } = createPart({});
  equal(await statusOf("/health"), 200);
});

Deno.test("settings come from where it is told, and from nowhere else", async () => {
  const asked: string[] = [];
  const values: Readonly<Record<string, string>> = GOOD;
  const env = (name: string) => {
    asked.push(name);
    return values[name];
  };
  const { edge } = createPart({ env });
  await edge.ready;
  equal(asked.includes("AUTH_SECRET"), true);
  // A Worker's env holds more than texts.
  await createPart({ env: { ...GOOD, BUCKET: {}, AUTH_CLOCK_TOLERANCE: 0 } }).edge.ready;
  const odd = createPart({ env: { ...GOOD, AUTH_ISSUER: { not: "a text" } } });
  await rejects(odd.edge.ready, ConfigError);
});

Deno.test("mounted at a path, it answers below that path alone", async () => {
  const { statusOf } = createPart({ basePath: "/api/sync" });
  equal(await statusOf("/api/sync/health"), 200);
  equal(await statusOf("/api/sync/v1/shape?table=items"), 401);
  for (
    const path of ["/health", "/v1/shape", "/edge/v1/shape", "/api/sync", "/api/sync/edge/v1/shape"]
  ) {
    equal(await statusOf(path), 404, path);
  }
});

Deno.test("its function may be taken out of it, as frameworks do", async () => {
  const { edge: { fetch } } = createPart({});
  equal((await fetch(new Request("http://app/health"))).status, 200);
});

Deno.test("stopped by its program, it holds nothing any more", async () => {
  const token = await signToken({ shape: { table: "items" } });
  const ask = () =>
    new Request("http://app/v1/shape?table=items&offset=-1", {
      headers: { authorization: `Bearer ${token}` },
    });
  const bySignal = createPart({});
  bySignal.stop.abort();
  const byCall = createPart({});
  await byCall.edge.stop();
  const statuses = [bySignal, byCall].map(async ({ edge }) => (await edge.fetch(ask())).status);
  deepEqual(await Promise.all(statuses), [503, 503]);
});
