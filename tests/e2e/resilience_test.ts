import assert from "node:assert/strict";
import type { Row } from "@electric-sql/client";
import { ask, type Config, Follower } from "./follow.ts";
import { type Load, writeSteadily } from "./load.ts";
import { Stack } from "./stack.ts";

Deno.test("two of each server at once, restarts of each: clients recover by themselves", async (t) => {
  await using stack = await Stack.startAll();
  const { sql, sync, edge, gatekeepers } = stack;
  const secondSync = await stack.addSync();
  const secondEdge = await stack.addEdge(sync.url);
  const edgeOfSecond = await stack.addEdge(secondSync.url);

  /** Clients on each way, a load on their table, something that happens, and all rows at the end. */
  const scenario = (name: string, table: string, event: () => Promise<void>) =>
    t.step(name, async () => {
      await sql`create table ${sql(table)} (id int primary key, n int not null)`;
      await using open = new AsyncDisposableStack();
      const tokens = await Promise.all([
        ask(gatekeepers.edge.url, table),
        ask(gatekeepers.proxy.url, table),
      ]);
      const [viaEdge, viaProxy] = tokens;
      const clients = {
        edge: open.use(new Follower(viaEdge, {})),
        proxy: open.use(new Follower(viaProxy, {})),
        "event stream": open.use(new Follower(viaEdge, { liveSse: true })),
        "two edges in turn": open.use(inTurn(viaProxy, [edge.url, secondEdge.url])),
        "second sync service": open.use(
          new Follower({ ...viaProxy, url: `${edgeOfSecond.url}/v1/shape` }, {}),
        ),
      };
      for (const [who, client] of Object.entries(clients)) {
        await client.until(() => client.stream.isUpToDate, `${who} is up to date`);
      }
      const load = open.use(writeSteadily(sql, table));
      await sleep(300);
      await event();
      await sleep(300);
      await load.stop();
      await settle(clients, load, table);
    });

  async function settle(clients: Record<string, Follower>, load: Load, table: string) {
    const expected = await sql<Row[]>`select id, n from ${sql(table)} order by id`;
    const text = JSON.stringify(expected);
    const stopped = performance.now();
    await Promise.all(
      Object.entries(clients).map(async ([who, client]) => {
        const same = () => JSON.stringify(client.sorted()) === text;
        await client.until(same, `${who} has all rows`, 30_000);
        assert.deepEqual(client.anomalies, [], who);
        const ms = (performance.now() - stopped).toFixed();
        console.log(
          `${who}: all ${expected.length} rows after ${ms} ms, refetched ${client.refetches}x`,
        );
      }),
    );
    assert.ok(load.writes.length > 50);
  }

  await scenario("two of each, nothing happens", "calm", () => sleep(500));
  await scenario("the edge is restarted", "edge_restart", () => restart(edge));
  await scenario(
    "the gatekeeper is restarted",
    "gatekeeper_restart",
    () => restart(gatekeepers.proxy),
  );
  await scenario("the sync service is restarted", "sync_restart", () => restart(sync));
  await scenario("Postgres is restarted", "postgres_restart", () => stack.restartPostgres(500));
});

/** A client whose requests go to several edges in turn. */
function inTurn(config: Config, edges: readonly [string, string]): Follower {
  let count = 0;
  return new Follower({ ...config, url: `${edges[0]}/v1/shape` }, {
    fetchClient: (input, init) => {
      const next = edges[count++ % 2] ?? edges[0];
      return fetch(String(input).replace(edges[0], next), init);
    },
  });
}

async function restart(server: { stop(): Promise<void>; start(): Promise<void> }): Promise<void> {
  await server.stop();
  await sleep(300);
  await server.start();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
