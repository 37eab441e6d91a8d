import assert from "node:assert/strict";
import { ask, Follower } from "./follow.ts";
import { Stack } from "./stack.ts";

const CHANGES = 40;
/** Milliseconds from a change's commit until a client may have it at the latest. */
const LIMIT = 500;

Deno.test("a live change arrives within 500 ms of its commit", async (t) => {
  await using stack = await Stack.startAll();
  const { sql } = stack;
  await sql`create table timed (id int primary key)`;
  let id = 0;
  for (const { name, gatekeeper } of stack.vias) {
    for (const liveSse of [false, true]) {
      await t.step(`${name}, ${liveSse ? "server-sent events" : "long polls"}`, async () => {
        const config = await ask(gatekeeper, "timed");
        await using client = new Follower(config, { liveSse });
        await client.until(() => client.stream.isUpToDate, "up to date");
        const times: number[] = [];
        for (let i = 0; i < CHANGES; i++) {
          // Long enough for the client to wait for changes again.
          await new Promise((resolve) => setTimeout(resolve, 20));
          id++;
          await sql`insert into timed values (${id})`;
          const committed = performance.now();
          await client.until(() => client.changes.at(-1)?.value["id"] === id, `row ${id}`);
          times.push(performance.now() - committed);
        }
        times.sort((a, b) => a - b);
        const [median = 0, max = 0] = [times[CHANGES / 2], times.at(-1)];
        console.log(
          `${name}, ${liveSse ? "SSE" : "long poll"}: median ${median.toFixed(1)} ms, ` +
            `max ${max.toFixed(1)} ms of ${CHANGES} changes`,
        );
        assert.ok(max < LIMIT, `${max} ms`);
      });
    }
  }
});
