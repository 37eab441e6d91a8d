import assert from "node:assert/strict";
import postgres from "postgres";
import { follow } from "./followed.ts";
import { startStack } from "./stack.ts";

// The official client leaves a timer or two behind when it is told to stop.
const lenient = { sanitizeOps: false, sanitizeResources: false };

Deno.test("snapshot and stream join without a lost or doubled row", lenient, async (test) => {
  await using stack = await startStack({ longPollMs: 2000 });
  const url = `${stack.service.url}/v1/shape`;
  const writers = postgres(stack.postgres.url, { max: 5, onnotice: () => {} });

  await test.step("a transaction that is open while the snapshot is taken", async () => {
    await stack.sql`create table spanning (id int primary key)`;
    // The table must be published already: the first shape waits for open transactions.
    using all = follow({ url, params: { table: "spanning" } });
    await all.until(() => all.stream.isUpToDate);
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const { promise: hasWritten, resolve: wrote } = Promise.withResolvers<void>();
    const open = writers.begin(async (sql) => {
      await sql`insert into spanning values (1)`;
      wrote();
      await mayCommit;
      await sql`insert into spanning values (2)`;
    });
    await hasWritten;
    using some = follow({ url, params: { table: "spanning", where: "id > 0" } });
    await some.until(() => some.stream.isUpToDate);
    assert.equal(some.rows.size, 0);
    commit();
    await open;
    await some.until((rows) => rows.size === 2);
    assert.equal(some.operations.length, 2);
  });

  await test.step("writers all the while", async () => {
    await stack.sql`create table busy (id int primary key, n int not null)`;
    await stack.sql`insert into busy select i, 0 from generate_series(1, 200) as i`;
    let isOver = false;
    const write = async (seed: number) => {
      for (let i = seed; !isOver; i += 7) {
        const id = i % 300 + 1;
        if (i % 3 === 0) await writers`delete from busy where id = ${id}`;
        else {
          await writers`
            insert into busy values (${id}, ${i}) on conflict (id) do update set n = excluded.n`;
        }
      }
    };
    const writing = [1, 2, 3, 4].map(write);
    const followed = [];
    for (let i = 0; i < 12; i++) {
      const where = i % 2 === 0 ? `n & 1 = 0 and ${i} = ${i}` : `${i} = ${i}`;
      followed.push({ even: i % 2 === 0, at: follow({ url, params: { table: "busy", where } }) });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    isOver = true;
    await Promise.all(writing);
    const rows = await stack.sql<{ id: number; n: number }[]>`select id, n from busy order by id`;
    for (const { even, at } of followed) {
      const expected = rows.filter(({ n }) => !even || n % 2 === 0).map(({ id, n }) =>
        `${id}:${n}`
      );
      const current = () =>
        [...at.rows.values()].sort((a, b) => Number(a.id) - Number(b.id))
          .map(({ id, n }) => `${id}:${n}`);
      await at.until(() => current().join() === expected.join());
      assertNoRowTwice(at.operations);
      at[Symbol.dispose]();
    }
  });
  await writers.end();
});

/** An insert of a row that is there, or a delete of one that isn't, came twice or too late. */
function assertNoRowTwice(operations: readonly string[]): void {
  const present = new Set<string>();
  for (const operation of operations) {
    const [kind = "", key = ""] = operation.split(/ (.*)/s);
    assert.equal(present.has(key), kind !== "insert", operation);
    if (kind === "insert") present.add(key);
    if (kind === "delete") present.delete(key);
  }
}
