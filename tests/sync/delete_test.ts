import assert from "node:assert/strict";
import { startSyncService } from "../../dev/sync/service.ts";
import { startStack } from "./stack.ts";

Deno.test("a shape is deleted as Electric does it, where that is allowed", async (t) => {
  await using stack = await startStack();
  const { sql } = stack;
  await sql`create table things (id int primary key, kind text not null)`;
  await sql`insert into things values (1, 'a'), (2, 'b')`;
  const service = await startSyncService({
    databaseUrl: stack.postgres.url,
    port: 0,
    allowsDeletion: true,
  });
  const call = async (
    method: string,
    query: Readonly<Record<string, string>>,
    base = service.url,
  ) => {
    const response = await fetch(`${base}/v1/shape?${new URLSearchParams(query)}`, { method });
    const text = await response.text();
    const handle = response.headers.get("electric-handle") ?? "";
    return { status: response.status, cache: response.headers.get("cache-control"), text, handle };
  };
  const definition = { table: "things", where: "kind = $1", "params[1]": "a" };
  const open = async () => (await call("GET", { ...definition, offset: "-1" })).handle;
  try {
    await t.step("by handle", async () => {
      const handle = await open();
      const { status, cache, text } = await call("DELETE", { handle });
      assert.deepEqual([status, cache, text], [202, "no-cache", ""]);
      assert.equal((await call("DELETE", { handle })).status, 404);
      assert.notEqual(await open(), handle);
    });
    await t.step("by definition", async () => {
      const handle = await open();
      assert.equal((await call("DELETE", { table: "things" })).status, 404);
      assert.equal((await call("DELETE", { ...definition, handle: "1-1" })).status, 400);
      assert.equal(await open(), handle);
      assert.equal((await call("DELETE", definition)).status, 202);
      assert.notEqual(await open(), handle);
    });
    await t.step("its followers must refetch", async () => {
      const handle = await open();
      const live = call("GET", { ...definition, handle, offset: "0_0", live: "true" });
      assert.equal((await call("DELETE", { ...definition, handle })).status, 202);
      assert.equal((await live).status, 409);
    });
    await t.step("what names no shape is refused", async () => {
      const { status, cache, text } = await call("DELETE", {});
      assert.deepEqual([status, cache], [400, "no-cache"]);
      const errors = { handle: ["can't be blank when shape definition is missing"] };
      assert.deepEqual(JSON.parse(text), { message: "Invalid request", errors });
      assert.equal((await call("DELETE", { handle: "1-1" })).status, 404);
    });
    await t.step("it is a 405 unless it is allowed", async () => {
      const { status, text } = await call("DELETE", definition, stack.service.url);
      assert.deepEqual([status, text], [405, '{"message":"DELETE not allowed"}']);
    });
  } finally {
    await service.stop();
  }
});
