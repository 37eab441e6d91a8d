import assert from "node:assert/strict";
import { isChangeMessage, ShapeStream } from "@electric-sql/client";
import {
  GatekeeperError,
  gatekeeperShape,
  type GatekeeperShapeOptions,
} from "../../client/gatekeeper.ts";
import { Servers, until } from "./servers.ts";

/** The official client on the gatekeeper's answer; gathers what it is given. */
class Following implements Disposable {
  readonly ids: unknown[] = [];
  error: Error | undefined;
  readonly #over = new AbortController();

  async start(servers: Servers, options: Partial<GatekeeperShapeOptions> = {}): Promise<this> {
    return this.with(await shapeOf(servers, { ...options, signal: this.#over.signal }));
  }

  with(shape: Awaited<ReturnType<typeof gatekeeperShape>>): this {
    const stream = new ShapeStream({
      ...shape,
      signal: this.#over.signal,
      backoffOptions: { initialDelay: 10, maxDelay: 50, multiplier: 2 },
    });
    stream.subscribe((messages) => {
      this.ids.push(...messages.filter(isChangeMessage).map(({ value }) => value.id));
    }, (error) => this.error = error);
    return this;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}

function shapeOf(servers: Servers, options: Partial<GatekeeperShapeOptions> = {}) {
  return gatekeeperShape({
    gatekeeperUrl: servers.gatekeeperUrl,
    table: "items",
    ...options,
  });
}

Deno.test("a token that the proxy refuses is renewed, and no row is lost or doubled", async () => {
  await using servers = new Servers();
  let asked = 0;
  servers.add();
  using following = await new Following().start(servers, {
    authorization: () => `Bearer user-${++asked}`,
  });
  await until(() => following.ids.length === 1);
  servers.revoke();
  await until(() => servers.signed.length === 2);
  servers.add();
  await until(() => following.ids.length === 2);
  assert.deepEqual(following.ids, ["1", "2"]);
  assert.deepEqual(servers.credentials, ["Bearer user-1", "Bearer user-2"]);
  assert.equal(following.error, undefined);
});

Deno.test("a 403 is renewed too", async () => {
  await using servers = new Servers();
  using following = await new Following().start(servers);
  await until(() => servers.statuses.length > 1);
  servers.proxyStatusOnce = 403;
  await until(() => servers.signed.length === 2);
  servers.add();
  await until(() => following.ids.length === 1);
});

Deno.test("streams of one shape share a renewal", async () => {
  await using servers = new Servers();
  const shape = await shapeOf(servers);
  using _a = new Following().with(shape);
  using _b = new Following().with(shape);
  using _c = new Following().with(shape);
  await until(() => servers.statuses.length > 6);
  servers.delay = 150;
  servers.revoke();
  await until(() => servers.statuses.filter((status) => status === 401).length === 3);
  await until(() => servers.signed.length === 2);
  const answered = servers.statuses.length;
  await until(() => servers.statuses.length > answered + 6);
  assert.equal(servers.signed.length, 2);
});

Deno.test("a token is renewed before it expires", async () => {
  await using servers = new Servers();
  servers.lifetime = 0.5;
  using following = await new Following().start(servers);
  await until(() => servers.signed.length >= 3);
  assert.deepEqual(servers.statuses.filter((status) => status !== 200), []);
  assert.equal(following.error, undefined);
});

Deno.test("a clock that is far ahead doesn't renew with every request", async () => {
  await using servers = new Servers();
  servers.lifetime = -3600;
  using _following = await new Following().start(servers);
  await until(() => servers.statuses.length > 4);
  assert.equal(servers.signed.length, 1);
});

Deno.test("a proxy that refuses new tokens too ends the stream with an error that says so", async () => {
  await using servers = new Servers();
  using following = await new Following().start(servers);
  servers.proxyStatus = 403;
  await until(() => following.error !== undefined);
  assert.equal(servers.signed.length, 4);
  assert.ok(following.error?.cause instanceof GatekeeperError);
  assert.equal(following.error.cause.code, "not_accepted");
});

Deno.test("a gatekeeper that says no to a renewal ends the stream", async () => {
  await using servers = new Servers();
  using following = await new Following().start(servers);
  await until(() => servers.statuses.length > 1);
  servers.gatekeeperStatus = 403;
  servers.revoke();
  await until(() => following.error !== undefined);
  assert.ok(following.error?.cause instanceof GatekeeperError);
  assert.equal(following.error.cause.code, "refused");
  assert.equal(following.error.cause.message, "The gatekeeper answered 403: Ask someone else.");
});

Deno.test("a gatekeeper that says no to a renewal ahead of time ends the stream", async () => {
  await using servers = new Servers();
  servers.lifetime = 0.3;
  using following = await new Following().start(servers);
  servers.gatekeeperStatus = 401;
  await until(() => following.error !== undefined);
  assert.ok(following.error instanceof GatekeeperError);
  assert.equal(servers.credentials.length, 2);
});

Deno.test("a gatekeeper that is away for a while is asked again", async () => {
  await using servers = new Servers();
  using following = await new Following().start(servers);
  await until(() => servers.statuses.length > 1);
  servers.gatekeeperStatus = 503;
  servers.revoke();
  await until(() => servers.credentials.length > 3);
  servers.gatekeeperStatus = undefined;
  servers.add();
  await until(() => following.ids.length === 1);
  assert.equal(following.error, undefined);
});

Deno.test("a shape that changes with a renewal goes on with the new one", async (t) => {
  for (const ahead of [false, true]) {
    await t.step(ahead ? "renewed ahead of time" : "renewed after a 401", async () => {
      await using servers = new Servers();
      servers.params = { table: "items", where: "id = $1", params: { "1": "1" } };
      if (ahead) servers.lifetime = 0.5;
      const shape = await shapeOf(servers);
      using a = new Following().with(shape);
      using b = new Following().with(shape);
      await until(() => servers.statuses.length > 4);
      servers.params = { table: "items" };
      if (!ahead) servers.revoke();
      await until(() => servers.statuses.includes(409));
      servers.add();
      await until(() => a.ids.length === 1 && b.ids.length === 1);
      assert.deepEqual([a.error, b.error], [undefined, undefined]);
      assert.equal(servers.shapes.at(-1)?.toString(), "table=items");
      assert.deepEqual(servers.mixedUp, []);
    });
  }
});

Deno.test("why a stream ended is told to the app's onError, or to the console", async (t) => {
  await using servers = new Servers();
  await t.step("the app's", async () => {
    const told: GatekeeperError[] = [];
    using following = await new Following().start(servers, {
      onError: (error) => told.push(error),
    });
    await until(() => servers.statuses.length > 1);
    servers.gatekeeperStatus = 403;
    servers.revoke();
    await until(() => following.error !== undefined);
    assert.deepEqual(told.map(({ code, status }) => [code, status]), [["refused", 403]]);
    servers.gatekeeperStatus = undefined;
  });
  await t.step("the app's, of a failure that isn't the gatekeeper's", async () => {
    const told: GatekeeperError[] = [];
    using following = await new Following().start(servers, {
      onError: (error) => told.push(error),
    });
    servers.proxyStatusOnce = 400;
    await until(() => following.error !== undefined);
    assert.deepEqual(told.map(({ code, cause }) => [code, cause]), [
      ["stream_failed", following.error],
    ]);
  });
  await t.step("the console", async () => {
    const original = console.error;
    const lines: string[] = [];
    console.error = (line: string) => lines.push(line);
    try {
      using following = await new Following().start(servers);
      servers.gatekeeperStatus = 403;
      servers.revoke();
      await until(() => following.error !== undefined);
    } finally {
      console.error = original;
    }
    assert.match(lines.join("\n"), /^The stream of items ended, .*403: Ask someone else\./);
  });
});

Deno.test("without a grant there is no stream", async (t) => {
  await using servers = new Servers();
  const code = (expected: string) => (error: unknown) =>
    error instanceof GatekeeperError && error.code === expected;
  await t.step("refused", async () => {
    servers.gatekeeperStatus = 403;
    await assert.rejects(shapeOf(servers), code("refused"));
  });
  await t.step("unavailable", async () => {
    servers.gatekeeperStatus = 503;
    await assert.rejects(shapeOf(servers), code("unavailable"));
  });
  await t.step("no gatekeeper", async () => {
    servers.gatekeeperStatus = 200;
    await assert.rejects(shapeOf(servers), code("bad_answer"));
  });
  await t.step("nobody there", async () => {
    const gone = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    gone.close();
    const gatekeeperUrl = `http://127.0.0.1:${gone.addr.port}`;
    await assert.rejects(shapeOf(servers, { gatekeeperUrl }), code("unavailable"));
  });
  await t.step("aborted", async () => {
    await assert.rejects(shapeOf(servers, { signal: AbortSignal.abort() }), { name: "AbortError" });
  });
});
