import assert from "node:assert/strict";
import postgres from "postgres";
import { connectOwner } from "../../dev/sync/connection.ts";
import { SharedSnapshots } from "../../dev/sync/shared_snapshots.ts";
import { isVisible } from "../../dev/sync/visibility.ts";
import { testPostgres } from "../support/postgres.ts";

Deno.test("what a transaction moves is read in a snapshot that shows it", async () => {
  await using database = await testPostgres();
  const writer = postgres(database.url, { max: 1, onnotice: () => {} });
  const reader = connectOwner(database.url);
  try {
    await writer`create table members (id int)`;
    const committed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<number>();
    // As the stream may: it tells of a commit a moment before new snapshots show it.
    const written = writer.begin(async (tx) => {
      await tx`insert into members values (1)`;
      const [row] = await tx<{ xid: string }[]>`select pg_current_xact_id()::xid::text as xid`;
      begun.resolve(Number(row?.xid));
      await committed.promise;
    });
    const xid = await begun.promise;
    let isRead = false;
    const reading = new SharedSnapshots(reader).read(xid, [], async ({ sql, snapshot }) => {
      isRead = true;
      assert.ok(isVisible(xid, snapshot));
      const rows = await sql.unsafe("select from members");
      return rows.length;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(isRead, false);
    committed.resolve();
    await written;
    assert.equal(await reading, 1);
  } finally {
    await Promise.all([writer.end({ timeout: 1 }), reader.end({ timeout: 1 })]);
  }
});
