import { deepEqual, equal, ok } from "node:assert/strict";
import { ask, BY_LIST, signIn, startUsersStack } from "./stack.ts";

Deno.test("200 ask at once while Postgres restarts: right answers or 503, and back within 5 s", async () => {
  await using stack = await startUsersStack({}, { file: BY_LIST });
  const { gatekeeper, database, sql } = stack;
  await sql`delete from members where user_id::text like '%ca01'`;
  const [alice, carol] = await Promise.all([signIn("alice"), signIn("carol")]);
  const { params: right } = await ask(gatekeeper.url, "documents", alice);
  const statuses = { alice: new Map<number, number>(), carol: new Map<number, number>() };
  const count = (counted: Map<number, number>, status: number) =>
    counted.set(status, (counted.get(status) ?? 0) + 1);

  let going = true;
  const workers = Array.from({ length: 200 }, async (_, i) => {
    while (going) {
      const asked = await ask(gatekeeper.url, "documents", i % 4 === 0 ? carol : alice);
      count(statuses[i % 4 === 0 ? "carol" : "alice"], asked.status);
      if (asked.status === 200) deepEqual(asked.params, right);
      else equal(asked.headers, undefined);
      // As the answer's Retry-After would have it, in the time of a test.
      if (asked.status === 503) await sleep(50);
    }
  });
  await sleep(500);
  await database.stop();
  await sleep(500);
  const health = await fetch(`${gatekeeper.url}/health`);
  equal(health.status, 503);
  await health.body?.cancel();
  await database.start();
  const back = performance.now();
  while ((await ask(gatekeeper.url, "documents", alice)).status !== 200) await sleep(10);
  const recovered = performance.now() - back;
  await sleep(500);
  going = false;
  await Promise.all(workers);
  console.log(`back ${recovered.toFixed()} ms after Postgres; statuses:`, statuses);
  ok(recovered < 5000);
  deepEqual([...statuses.alice.keys()].sort(), [200, 503]);
  deepEqual([...statuses.carol.keys()].sort(), [403, 503]);
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
