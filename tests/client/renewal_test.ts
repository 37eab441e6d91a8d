import assert from "node:assert/strict";
import { isChangeMessage, ShapeStream } from "@electric-sql/client";
import {
  GatekeeperError,
  type GatekeeperShape,
  gatekeeperShape,
  type GatekeeperShapeOptions,
} from "../../client/index.ts";
import { Servers, until } from "./servers.ts";

/** The official client on the gatekeeper's answer; gathers what it is given. */
class Following implements Disposable {
  readonly ids: unknown[] = [];
  /** What the app's `onError` heard. */
  readonly told: GatekeeperError[] = [];
  error: Error | undefined;
  readonly #over = new AbortController();

  start(servers: Servers, options: Partial<GatekeeperShapeOptions> = {}): this {
    const onError = (error: GatekeeperError) => this.told.push(error);
    return this.with(shapeOf(servers, { onError, ...options, signal: this.#over.signal }));
  }

  with(shape: GatekeeperShape): this {
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
  return gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, table: "items", ...options });
}

Deno.test("a token that the proxy refuses is renewed, and no row is lost or doubled", async () => {
  await using servers = new Servers();
  servers.add();
  using following = new Following().start(servers, { authorization: () => "user" });
  await until(() => following.ids.length === 1);
  servers.revoke();
  await until(() => servers.signed.length === 2);
  servers.add();
  await until(() => following.ids.length === 2);
  assert.deepEqual(following.ids, ["1", "2"]);
  assert.deepEqual(servers.credentials, ["Bearer user", "Bearer user"]);
  assert.equal(following.error, undefined);
});

Deno.test("streams of one shape share a grant and a renewal", async () => {
  await using servers = new Servers();
  servers.hold = 100;
  const shape = shapeOf(servers);
  using _a = new Following().with(shape);
  using _b = new Following().with(shape);
  using _c = new Following().start(servers);
  await until(() => servers.statuses.length > 6);
  assert.equal(servers.signed.length, 1);
  // Long enough for all three to have their token refused meanwhile.
  servers.delay = 1500;
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
  using following = new Following().start(servers);
  await until(() => servers.signed.length >= 3);
  assert.deepEqual(servers.statuses.filter((status) => status !== 200), []);
  assert.equal(following.error, undefined);
});

Deno.test("a clock that is far ahead doesn't renew with every request", async () => {
  await using servers = new Servers();
  servers.lifetime = -3600;
  using _following = new Following().start(servers);
  await until(() => servers.statuses.length > 4);
  assert.equal(servers.signed.length, 1);
});

Deno.test("a proxy that refuses new tokens too ends the stream with an error that says so", async () => {
  await using servers = new Servers();
  using following = new Following().start(servers);
  servers.proxyStatus = 401;
  await until(() => following.error !== undefined);
  assert.equal(servers.signed.length, 4);
  assert.deepEqual(following.told.map(({ code, shape }) => [code, shape]), [
    ["not_accepted", "items"],
  ]);
});

Deno.test("a gatekeeper that says no ends the stream, at first and at a renewal", async (t) => {
  for (const atFirst of [true, false]) {
    await t.step(atFirst ? "at first" : "at a renewal", async () => {
      await using servers = new Servers();
      if (atFirst) servers.gatekeeperStatus = 403;
      using following = new Following().start(servers);
      if (!atFirst) {
        await until(() => servers.statuses.length > 1);
        servers.gatekeeperStatus = 403;
        servers.revoke();
      }
      await until(() => following.error !== undefined);
      const [error] = following.told;
      assert.ok(error instanceof GatekeeperError);
      assert.deepEqual([error.code, error.shape], ["refused", "items"]);
      assert.match(error.message, /answered 403: Ask someone else\.$/);
      assert.equal(following.told.length, 1);
      assert.equal(servers.credentials.length, atFirst ? 1 : 2);
      const asked = servers.credentials.length + servers.statuses.length;
      await new Promise((done) => setTimeout(done, 200));
      assert.equal(servers.credentials.length + servers.statuses.length, asked, "it asks no more");
    });
  }
});

Deno.test("a right that is lost before a renewal ends the stream once the token has expired", async () => {
  await using servers = new Servers();
  servers.lifetime = 0.3;
  using following = new Following().start(servers);
  await until(() => servers.signed.length === 1);
  servers.gatekeeperStatus = 401;
  await until(() => following.error !== undefined);
  assert.deepEqual(following.told.map(({ code }) => code), ["refused"]);
});

Deno.test("a gatekeeper that is away is asked again, at first and at a renewal", async (t) => {
  for (const atFirst of [true, false]) {
    await t.step(atFirst ? "at first" : "at a renewal", async () => {
      await using servers = new Servers();
      if (atFirst) servers.gatekeeperStatus = 503;
      using following = new Following().start(servers);
      if (!atFirst) {
        await until(() => servers.statuses.length > 1);
        servers.gatekeeperStatus = 503;
        servers.revoke();
      }
      await until(() => servers.credentials.length > 3);
      servers.gatekeeperStatus = undefined;
      servers.add();
      await until(() => following.ids.length === 1);
      assert.equal(following.error, undefined);
      assert.deepEqual(following.told, []);
    });
  }
});

Deno.test("a token that is still good is used while the gatekeeper is away", async () => {
  await using servers = new Servers();
  servers.lifetime = 7200;
  using following = new Following().start(servers);
  await until(() => servers.statuses.length > 0);
  servers.gatekeeperStatus = 503;
  const now = Date.now;
  try {
    // Half a minute before its end, so half a minute after a renewal is due.
    Date.now = () => now() + 7_170_000;
    await until(() => servers.credentials.length === 2);
    servers.add();
    await until(() => following.ids.length === 1);
  } finally {
    Date.now = now;
  }
  assert.deepEqual(new Set(servers.tokens), new Set(["Bearer token-1"]));
  assert.deepEqual(following.told, []);
});

Deno.test("a shape that changes with a renewal goes on with the new one", async (t) => {
  for (const ahead of [false, true]) {
    await t.step(ahead ? "renewed ahead of time" : "renewed after a 401", async () => {
      await using servers = new Servers();
      servers.shapeOf = () => ({
        table: "items",
        where: "id = $1",
        params: { "1": "1" },
        columns: ["id", "title"],
      });
      if (ahead) servers.lifetime = 0.5;
      const shape = shapeOf(servers);
      using a = new Following().with(shape);
      using b = new Following().with(shape);
      await until(() => servers.statuses.length > 4);
      servers.shapeOf = () => ({ table: "items" });
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

Deno.test("a shape is asked for as it was granted, whatever was asked", async () => {
  await using servers = new Servers();
  servers.shapeOf = () => ({
    table: "items",
    where: 'owner = $1 and "größe" > 1',
    params: { "1": "a&b=c" },
    columns: ["id", 'a"b'],
  });
  const question = { where: "id > $1", params: ["7"], columns: ["id"], replica: "full" } as const;
  using following = new Following().start(servers, question);
  await until(() => servers.shapes.length > 1);
  assert.deepEqual(Object.fromEntries(servers.shapes[0] ?? []), {
    table: "items",
    where: 'owner = $1 and "größe" > 1',
    "params[1]": "a&b=c",
    columns: '"id","a""b"',
    replica: "full",
  });
  assert.deepEqual(servers.asked, [{ path: "/gatekeeper/items", body: { ...question } }]);
  assert.equal(following.error, undefined);
});

Deno.test("why a stream ended is told to the app's onError, or to the console", async (t) => {
  await using servers = new Servers();
  await t.step("the app's, of a failure that isn't the gatekeeper's", async () => {
    using following = new Following().start(servers);
    servers.proxyStatusOnce = 400;
    await until(() => following.error !== undefined);
    assert.deepEqual(following.told.map(({ code, cause }) => [code, cause]), [
      ["stream_failed", following.error],
    ]);
  });
  await t.step("the console", async () => {
    const original = console.error;
    const printed: unknown[] = [];
    console.error = (...values: unknown[]) => printed.push(...values);
    try {
      servers.refused.add("secrets");
      const shape = gatekeeperShape({ gatekeeper: servers.gatekeeperUrl, table: "secrets" });
      using following = new Following().with(shape);
      await until(() => following.error !== undefined);
    } finally {
      console.error = original;
    }
    assert.match(String(printed), /^GatekeeperError: .*403: Not yours\./);
  });
});

Deno.test("what answers instead of a gatekeeper ends the stream", async () => {
  await using servers = new Servers();
  servers.gatekeeperStatus = 200;
  using following = new Following().start(servers);
  await until(() => following.error !== undefined);
  assert.deepEqual(following.told.map(({ code }) => code), ["bad_answer"]);
});

Deno.test("an aborted signal ends a stream in silence, and asks for nothing", async () => {
  await using servers = new Servers();
  const over = new AbortController();
  const told: GatekeeperError[] = [];
  const stream = new ShapeStream(
    shapeOf(servers, { signal: over.signal, onError: (error) => told.push(error) }),
  );
  stream.subscribe(() => {});
  await until(() => stream.isUpToDate);
  over.abort();
  const asked = servers.statuses.length;
  await new Promise((done) => setTimeout(done, 200));
  assert.ok(servers.statuses.length <= asked + 1);
  assert.deepEqual(told, []);
});
