import assert from "node:assert/strict";
import { ask, Follower } from "./follow.ts";
import { Stack, WAYS } from "./stack.ts";

/** Neighbours that a double can't tell apart. */
const BIG = 9007199254740993n;

Deno.test(`subset snapshots through ${WAYS}`, async (t) => {
  await using stack = await Stack.startAll();
  const { sql } = stack;
  for (const { name, gatekeeper } of stack.vias) {
    // Caddy takes no bodies: caddy/README.md.
    for (const method of name === "caddy" ? ["GET"] as const : ["GET", "POST"] as const) {
      await t.step(`${name}, ${method}`, async () => {
        const table = `numbers_${name}_${method.toLowerCase()}`;
        await sql`create table ${sql(table)} (id bigint primary key, n int, value text)`;
        await sql`insert into ${sql(table)}
          select i, i % 10, 'v' || i from generate_series(1, 200) i`;
        await sql`insert into ${sql(table)}
          values (${String(BIG)}, -1, 'odd'), (${String(BIG - 1n)}, -1, 'even')`;
        const config = await ask(gatekeeper, table);
        await using client = new Follower(config, { log: "changes_only" });
        await client.until(() => client.stream.isUpToDate, "up to date");
        assert.equal(client.rows.size, 0);

        const some = await client.stream.requestSnapshot({
          method,
          where: "n = $1 AND id <= $2",
          params: { 1: 3, 2: "200" },
          orderBy: "id DESC",
          limit: 5,
          offset: 1,
        });
        const ids = some.data.map((message) => "value" in message && message.value["id"]);
        assert.deepEqual(ids, [183n, 173n, 163n, 153n, 143n]);
        await client.until(() => client.rows.size === 5, "the snapshot's rows");

        const exact = await client.stream.fetchSnapshot({
          method,
          where: "id = $1",
          params: { 1: BIG },
        });
        assert.deepEqual(exact.data.map((message) => message.value["value"]), ["odd"]);
        assert.equal(client.rows.size, 5, "a fetched snapshot isn't put into the stream");

        const structured = await client.stream.fetchSnapshot({
          method,
          whereExpr: {
            type: "func",
            name: "eq",
            args: [{ type: "ref", column: "value" }, { type: "val", paramIndex: 1 }],
          },
          params: { 1: "v7" },
          orderByExpr: [{ column: "id", direction: "desc" }],
        });
        assert.deepEqual(structured.data.map((message) => message.value["id"]), [7n]);

        await sql`update ${sql(table)} set value = 'changed' where id = 183`;
        const changed = () => client.changes.at(-1)?.value["value"] === "changed";
        await client.until(changed, "a live change of a snapshot's row");
        await client.stream.requestSnapshot({ method, where: "id = $1", params: { 1: BIG } });
        await client.until(() => client.rows.size === 6, "a second snapshot");
        assert.deepEqual(client.anomalies, []);
      });
    }
  }
});
