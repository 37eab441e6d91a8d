import assert from "node:assert/strict";
import { FetchError, type Row } from "@electric-sql/client";
import { ask, Follower } from "./follow.ts";
import { inWords, writeSteadily } from "./load.ts";
import { Stack } from "./stack.ts";

Deno.test("tokens that expire under a steady load are renewed; each change comes once", async () => {
  await using stack = await Stack.startAll({ AUTH_TOKEN_TTL: "2", AUTH_CLOCK_TOLERANCE: "0" });
  const { sql } = stack;
  await sql`create table written (id int primary key, n int not null)`;
  await using open = new AsyncDisposableStack();
  const renewals = { edge: 0, proxy: 0, caddy: 0 };
  const clients: Follower[] = [];
  for (const { name, gatekeeper } of stack.vias) {
    const renew = () => ask(gatekeeper, "written");
    const onError = async (error: Error) => {
      if (!(error instanceof FetchError) || error.status !== 401) return;
      renewals[name]++;
      return { headers: (await renew()).headers };
    };
    clients.push(open.use(new Follower(await renew(), { onError })));
  }
  await Promise.all(clients.map((c) => c.until(() => c.stream.isUpToDate, "up to date")));

  const load = open.use(writeSteadily(sql, "written"));
  await new Promise((resolve) => setTimeout(resolve, 6500));
  await load.stop();
  const expected = await sql<Row[]>`select id, n from written order by id`;
  await Promise.all(clients.map(async (client) => {
    await client.until(() => client.changes.length >= load.writes.length, "all changes");
    assert.deepEqual(client.changes.map(inWords), load.writes);
    assert.deepEqual(client.sorted(), [...expected]);
    assert.deepEqual(client.anomalies, []);
    assert.equal(client.refetches, 0);
  }));
  console.log(`${load.writes.length} changes; renewals:`, renewals);
  for (const { name } of stack.vias) assert.ok(renewals[name] >= 2, "at least two renewals");
});
