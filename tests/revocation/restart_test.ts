import { equal, match, ok } from "node:assert/strict";
import { FetchError } from "@electric-sql/client";
import postgres from "postgres";
import { ask as askGatekeeper, Follower } from "../e2e/follow.ts";
import { Stack } from "../e2e/stack.ts";
import { addRevocations } from "../support/revocations.ts";
import { freePort } from "../support/free_port.ts";
import { testPostgres } from "../support/postgres.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { ALLOW_ALL, AUTH_SECRET, serveArgs } from "../support/servers.ts";
import { ask, reply, signed, startListStack, tokenOf, untilAsked } from "./list_server.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("an edge that has no list yet lets nobody in, and waits for it only so long", async (t) => {
  await t.step("while the gatekeeper is away", async () => {
    await using stack = await startListStack("cut");
    const response = await ask(stack.url, await tokenOf("alice"));
    equal(response.status, 503);
    equal(response.headers.get("retry-after"), "2");
    equal(response.headers.get("cache-control"), "no-store");
    match((await response.json()).message, /revoked/);
    equal(stack.electric.requests.length, 0);
    // Whose token is bad learns that, and no more.
    equal((await ask(stack.url, "bad")).status, 401);
    stack.gatekeeper.answer = reply(await signed(["mallory"]));
    await pause(1100);
    equal(await stack.status(), 200);
    equal(await stack.status("mallory"), 401);
  });
  await t.step("while the gatekeeper is slow", async () => {
    await using stack = await startListStack("hang");
    const began = performance.now();
    equal(await stack.status(), 503);
    const took = performance.now() - began;
    ok(took < 6000, `${took} ms`);
  });
  await t.step("a request waits for a list that is on its way", async () => {
    const list = await signed(["mallory"]);
    await using stack = await startListStack({
      headers: [["content-length", `${list.length}`]],
      stream: async (write) => {
        await pause(1000);
        await write(list);
      },
    });
    equal(await stack.status("mallory"), 401);
    equal(await stack.status(), 200);
  });
  await t.step("unless it may go on", async () => {
    await using stack = await startListStack("cut", { AUTH_REVOCATIONS_REQUIRED: "0" });
    for (let i = 0; i < 5; i++) equal(await stack.status(), 200);
    const lines = stack.lines.filter((line) => line.includes("too old: going on"));
    equal(lines.length, 1);
  });
});

Deno.test("a list that is too old counts no more", async () => {
  await using stack = await startListStack(reply(await signed(["mallory"])), {
    AUTH_REVOCATIONS_MAX_AGE: "3",
  });
  equal(await stack.status(), 200);
  stack.gatekeeper.answer = "cut";
  await untilAsked(stack);
  equal(await stack.status(), 200);
  equal(await stack.status("mallory"), 401);
  await pause(3000);
  equal(await stack.status(), 503);
  equal(await stack.status("mallory"), 503);
  stack.gatekeeper.answer = reply(await signed(["mallory"]));
  await pause(1400);
  equal(await stack.status(), 200);
  equal(await stack.status("mallory"), 401);
});

Deno.test("what is held ends when the list is too old", async () => {
  await using stack = await startListStack(reply(await signed()), {
    AUTH_REVOCATIONS_MAX_AGE: "3",
  });
  const headers: [string, string][] = [["electric-handle", "1-1"]];
  stack.electric.answer = reply("[]", headers);
  equal(await stack.status(), 200);
  stack.electric.answer = {
    headers: [...headers, ["content-type", "text/event-stream"], ["connection", "close"]],
    stream: async (write) => {
      for (let i = 0; i < 100; i++) {
        await write(": still here\n\n");
        await pause(100);
      }
    },
  };
  const live = "&offset=0_0&handle=1-1&live=true&live_sse=true";
  const response = await ask(stack.url, await tokenOf("alice"), live);
  equal(response.status, 200);
  stack.gatekeeper.answer = "cut";
  const began = performance.now();
  await response.text().catch(() => {});
  const took = performance.now() - began;
  ok(took > 1000 && took < 6000, `${took} ms`);
});

Deno.test("what came while nobody asked is known to the first who does", async () => {
  await using stack = await startListStack(reply(await signed()));
  equal(await stack.status("mallory"), 200);
  stack.gatekeeper.answer = reply(await signed(["mallory"]));
  await pause(2000);
  equal(await stack.status("mallory"), 401);
});

Deno.test("no client makes a request more: an edge asks once in a while, however many there are", async () => {
  await using stack = await startListStack(reply(await signed()));
  const before = stack.gatekeeper.requests.length;
  const began = performance.now();
  let asked = 0;
  while (performance.now() - began < 3000) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => stack.status(`user ${i}`)));
    asked += 20;
  }
  equal(stack.electric.requests.length, asked);
  const lists = stack.gatekeeper.requests.length - before;
  ok(lists >= 2 && lists <= 4, `${lists} lists for ${asked} requests`);
});

Deno.test("a rolling restart of gatekeepers and edges forgets no revocation, and clients go on", async () => {
  await using stack = await Stack.start({
    AUTH_REVOCATIONS_INTERVAL: "1",
    AUTH_CLOCK_TOLERANCE: "5",
  });
  const sync = await stack.addSync();
  const gatekeepers = [await stack.addGatekeeper(sync.url), await stack.addGatekeeper(sync.url)];
  const [first] = gatekeepers;
  const list = `${first?.url}/.well-known/revocations`;
  const edges = [
    await stack.addEdge(sync.url, { AUTH_REVOCATIONS_URL: list }),
    await stack.addEdge(sync.url, { AUTH_REVOCATIONS_URL: list }),
  ];
  await stack.sql`create table written (id int primary key, n int not null)`;
  const proxies = [...edges.map(({ url }) => url), ...gatekeepers.map(({ url }) => `${url}/proxy`)];
  const claims = { shape: { table: "written" } };
  const [mallory, alice] = [await tokenOf("mallory", claims), await tokenOf("alice", claims)];
  const status = async (proxy: string, token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${proxy}/v1/shape?table=written&offset=-1`, { headers })
      .catch(() => null);
    await response?.body?.cancel();
    return response?.status ?? 0;
  };
  for (const proxy of proxies) equal(await status(proxy, mallory), 200);
  await stack.sql`select gatekeeper.revoke(subject => 'mallory')`;
  // What is still on its way to an edge when the gatekeeper goes can't be known there.
  await pause(2500);
  for (const proxy of proxies) equal(await status(proxy, mallory), 401);

  const seen = new Set<number>();
  let over = false;
  const watching = (async () => {
    while (!over) {
      for (const proxy of proxies) seen.add(await status(proxy, mallory));
      await pause(5);
    }
  })();
  for (const server of [...gatekeepers, ...edges]) {
    await server.stop();
    await pause(300);
    await server.start();
    await pause(300);
  }
  // All at once, edges first.
  await Promise.all([...gatekeepers, ...edges].map((server) => server.kill()));
  for (const server of [...edges, ...gatekeepers]) await server.start();
  await pause(1500);
  over = true;
  await watching;
  ok(!seen.has(200), `${[...seen]}`);
  ok(seen.has(401), `${[...seen]}`);
  for (const proxy of proxies) equal(await status(proxy, alice), 200);
});

Deno.test("the gatekeeper knows again after Postgres has been away", async () => {
  await using stack = await Stack.start();
  const sync = await stack.addSync();
  const { url } = await stack.addGatekeeper(sync.url);
  const list = async () => {
    const response = await fetch(`${url}/.well-known/revocations`);
    return JSON.parse(atob((await response.text()).split(".")[1] ?? ""));
  };
  await stack.sql`select gatekeeper.revoke(table_name => 'todos')`;
  await pause(600);
  equal(Object.keys((await list()).tables).length, 1);
  await stack.database.stop();
  await pause(600);
  const kept = await list();
  equal(Object.keys(kept.tables).length, 1);
  await stack.database.start();
  for (let i = 0;; i++) {
    const done = await stack.sql`select gatekeeper.revoke(everyone => true)`.catch(() => null);
    if (done !== null) break;
    ok(i < 100);
    await pause(50);
  }
  for (let i = 0; (await list()).everyone === undefined; i++) {
    ok(i < 60, "it doesn't know");
    await pause(50);
  }
});

Deno.test("a database without the migration: all works, nothing is revoked, and the log says so once", async () => {
  await using database = await testPostgres();
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  await using gatekeeper = await startProcess({
    name: "gatekeeper",
    cwd: ROOT,
    args: serveArgs(ALLOW_ALL, "-A"),
    env: {
      AUTH_SECRET,
      PORT: `${port}`,
      DATABASE_URL: database.url,
      ELECTRIC_URL: "http://127.0.0.1:1",
    },
  }, `${url}/health`);
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  try {
    await sql`create table items (id int primary key)`;
    const { headers } = await askGatekeeper(url, "items");
    const status = async () => {
      const response = await fetch(`${url}/proxy/v1/shape?table=items&offset=-1`, { headers });
      await response.body?.cancel();
      return response.status;
    };
    for (let i = 0; i < 3; i++) {
      equal(await status(), 502);
      await pause(500);
    }
    const list = await fetch(`${url}/.well-known/revocations`);
    equal(list.status, 200);
    equal(list.headers.get("cache-control"), "public, max-age=1");
    ok((await list.text()).length < 300);
    const said = gatekeeper.lines.filter((line) => line.includes("gatekeeper.revocations"));
    equal(said.length, 1, gatekeeper.lines.join("\n"));
    match(said[0] ?? "", /npx electric-gatekeeper init/);
    // It is noticed once it is there.
    await addRevocations(sql);
    await sql`select gatekeeper.revoke(everyone => true)`;
    for (let i = 0; await status() !== 401; i++) {
      ok(i < 40, "it isn't noticed");
      await pause(200);
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
});

Deno.test("the official client renews its token and goes on where it was", async () => {
  await using stack = await Stack.startAll({ AUTH_REVOCATIONS_INTERVAL: "1" });
  const { sql, gatekeepers } = stack;
  await sql`create table written (id int primary key, n int not null)`;
  const edge = await stack.addEdge(stack.sync.url, {
    AUTH_REVOCATIONS_URL: `${gatekeepers.edge.url}/.well-known/revocations`,
  });
  const ways = { edge: `${edge.url}/v1/shape`, proxy: `${gatekeepers.proxy.url}/proxy/v1/shape` };
  for (const [name, url] of Object.entries(ways)) {
    for (const liveSse of [false, true]) {
      let renewals = 0;
      const renew = () => askGatekeeper(gatekeepers.edge.url, "written");
      const onError = async (error: Error) => {
        if (!(error instanceof FetchError) || error.status !== 401) return;
        renewals++;
        return { headers: (await renew()).headers };
      };
      await using client = new Follower({ ...await renew(), url }, { onError, liveSse });
      await client.until(() => client.stream.isUpToDate, "up to date");
      await pause(200);
      await sql`select gatekeeper.revoke(everyone => true)`;
      await client.until(() => renewals > 0, `${name}: a renewal`);
      await sql`delete from written`;
      await sql`insert into written values (1, 1)`;
      await client.until(() => client.rows.size === 1, `${name}: a row`);
      equal(client.refetches, 0);
      ok(renewals <= 2, `${renewals}`);
    }
  }
});
