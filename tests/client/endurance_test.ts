import assert from "node:assert/strict";
import { isChangeMessage, ShapeStream } from "@electric-sql/client";
import { type GatekeeperError, gatekeeperShape, signOut } from "../../client/index.ts";
import { Servers, until } from "./servers.ts";
import { TEST_ALL } from "../support/test_all.ts";

/** The official client leaves a timer or two behind. */
const relaxed = { sanitizeOps: false, sanitizeResources: false };

/** Three streams of one shape as an app has them, with the official client's own backoff. */
class App implements Disposable {
  readonly told: GatekeeperError[] = [];
  readonly #rows: string[][] = [];
  readonly #servers: Servers;
  readonly #start = performance.now();

  constructor(servers: Servers, authorization?: string) {
    this.#servers = servers;
    const shape = gatekeeperShape({
      gatekeeper: servers.gatekeeperUrl,
      table: "items",
      ...(authorization !== undefined && { authorization }),
      onError: (error) => this.told.push(error),
    });
    for (let i = 0; i < 3; i++) {
      const ids: string[] = [];
      this.#rows.push(ids);
      new ShapeStream(shape).subscribe((messages) => {
        ids.push(...messages.filter(isChangeMessage).map(({ value }) => String(value.id)));
      });
    }
  }

  has(count: number): boolean {
    return this.#rows.every((ids) => ids.length >= count);
  }

  /** No row was lost or doubled, nothing was told, and no token was asked for too often. */
  check(rows: number): void {
    const expected = Array.from({ length: rows }, (_, i) => String(i + 1));
    for (const ids of this.#rows) assert.deepEqual(ids, expected);
    assert.deepEqual(this.told, []);
    assert.deepEqual(this.#servers.mixedUp, []);
  }

  print(what: string): void {
    const seconds = (performance.now() - this.#start) / 1000;
    const { statuses, asked, signed } = this.#servers;
    console.log(
      `${what}: ${seconds.toFixed(1)} s, ${signed.length} tokens of ${asked.length} requests to ` +
        `the gatekeeper, ${statuses.length} to the proxy ` +
        `(${((asked.length + statuses.length) / seconds).toFixed(1)} a second by 3 streams)`,
    );
  }

  [Symbol.dispose](): void {
    signOut();
  }
}

Deno.test("streams survive 100 expiries in a row, with one renewal each", {
  ...relaxed,
  ignore: !TEST_ALL,
}, async () => {
  await using servers = new Servers();
  servers.lifetime = 0.15;
  servers.hold = 40;
  using app = new App(servers);
  let rows = 0;
  while (servers.signed.length < 101) {
    servers.add();
    rows++;
    await sleep(60);
  }
  await until(() => app.has(rows));
  app.check(rows);
  app.print("100 expiries");
  const [first = 0] = servers.signedAt;
  const took = (servers.signedAt.at(-1) ?? 0) - first;
  assert.ok(took >= 100 * 150 * 0.85, `100 renewals within ${took} ms`);
});

Deno.test("a gatekeeper that is away for 10 s costs no row", {
  ...relaxed,
  ignore: !TEST_ALL,
}, async () => {
  await using servers = new Servers();
  servers.lifetime = 1;
  servers.hold = 200;
  using app = new App(servers);
  servers.add();
  await until(() => app.has(1));
  const before = servers.asked.length;
  servers.gatekeeperStatus = 503;
  await sleep(5000);
  servers.add();
  servers.gatekeeperStatus = undefined;
  await servers.restart("gatekeeper", 5000);
  const asked = servers.asked.length - before;
  assert.ok(asked <= 15, `${asked} requests to one that answers 503, in 5 s`);
  await until(() => app.has(2), 40_000);
  app.check(2);
  app.print("gatekeeper away for 10 s");
});

Deno.test(
  "a proxy that starts anew, with another key, costs no row and one renewal",
  relaxed,
  async () => {
    await using servers = new Servers();
    using app = new App(servers);
    servers.add();
    await until(() => app.has(1));
    servers.add();
    servers.revoke();
    await servers.restart("proxy", 500);
    await until(() => app.has(2), 40_000);
    app.check(2);
    app.print("proxy restarted, key rotated");
    assert.equal(servers.signed.length, 2);
  },
);

Deno.test(
  "a laptop that slept for longer than its token lives wakes with one renewal",
  relaxed,
  async () => {
    await using servers = new Servers();
    using app = new App(servers);
    servers.add();
    await until(() => app.has(1));
    const now = Date.now;
    try {
      for (let night = 1; night <= 3; night++) {
        const offset = night * 8 * 3_600_000;
        Date.now = () => now() + offset;
        servers.add();
        await until(() => app.has(night + 1) && servers.signed.length > night);
      }
    } finally {
      Date.now = now;
    }
    app.check(4);
    app.print("three nights asleep");
    assert.equal(servers.signed.length, 4);
  },
);

Deno.test("offline, a page asks ever more seldom, and goes on", relaxed, async () => {
  await using servers = new Servers();
  servers.hold = 200;
  using app = new App(servers);
  servers.add();
  await until(() => app.has(1));
  servers.revoke();
  const away = [servers.restart("gatekeeper", 3000), servers.restart("proxy", 3000)];
  await Promise.all(away);
  servers.add();
  await until(() => app.has(2), 40_000);
  app.check(2);
  app.print("offline for 3 s");
});

function sleep(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
