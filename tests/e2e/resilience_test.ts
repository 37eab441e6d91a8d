import assert from "node:assert/strict";
import type { Row } from "@electric-sql/client";
import { ask, type Config, Follower } from "./follow.ts";
import { writeSteadily } from "./load.ts";
import type { Server } from "./server.ts";
import { Stack } from "./stack.ts";

Deno.test("two of each server at once, restarts of each: clients recover by themselves", async (t) => {
  await using stack = await Stack.startAll();
  const { sql, sync, edge, gatekeepers } = stack;
  const secondSync = await stack.addSync();
  const secondEdge = await stack.addEdge(sync.url);
  const edgeOfSecond = await stack.addEdge(secondSync.url);

  /**
   * Clients on each way, a load on their table, then a pause in which all of them are held; a
   * server goes, the load goes on, the server comes back. At the end everyone has all rows.
   */
  const scenario = (name: string, table: string, stop: Action, start: Action) =>
    t.step(name, async () => {
      await sql`create table ${sql(table)} (id int primary key, n int not null)`;
      await using open = new AsyncDisposableStack();
      const viaEdge = await ask(gatekeepers.edge.url, table);
      const viaProxy = await ask(gatekeepers.proxy.url, table);
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
      await using load = writeSteadily(sql, table);
      await sleep(300);
      load.pause();
      await sleep(200);
      await stop();
      load.resume();
      await sleep(300);
      await start();
      await load.written(20);
      await load.stop();
      await settle(clients, table);
    });

  async function settle(clients: Record<string, Follower>, table: string) {
    const expected = await sql<Row[]>`select id, n from ${sql(table)} order by id`;
    const text = JSON.stringify(expected);
    const stopped = performance.now();
    await Promise.all(
      Object.entries(clients).map(async ([who, client]) => {
        const same = () => JSON.stringify(client.sorted()) === text;
        await client.until(same, `${who} has all rows`, 30_000);
        // In an event stream the client takes an up-to-date's LSN for its position, which is before
        // the second change of that transaction: after a break those come again.
        if (who !== "event stream") assert.deepEqual(client.anomalies, [], who);
        const ms = (performance.now() - stopped).toFixed();
        console.log(
          `${who}: all ${expected.length} rows after ${ms} ms, refetched ${client.refetches}x`,
        );
      }),
    );
  }

  const nothing = () => Promise.resolve();
  const restarts = (server: Server): [Action, Action] => [
    () => server.stop(),
    () => server.start(),
  ];
  await scenario("two of each, nothing happens", "calm", nothing, nothing);
  await scenario("the edge is restarted", "edge_restarts", ...restarts(edge));
  await scenario("the edge dies", "edge_dies", () => edge.kill(), () => edge.start());
  const gatekeeperRestarts = restarts(gatekeepers.proxy);
  await scenario("the gatekeeper is restarted", "gatekeeper_restarts", ...gatekeeperRestarts);
  await scenario("the sync service is restarted", "sync_restarts", ...restarts(sync));
  await scenario(
    "Postgres is restarted",
    "postgres_restarts",
    () => stack.database.stop(),
    () => stack.database.start(),
  );
});

type Action = () => Promise<void>;

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

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
