import assert from "node:assert/strict";
import { startStack } from "./stack.ts";

Deno.test("a transaction's events come in one batch, and a cut stream loses none", async (t) => {
  await using stack = await startStack();
  await stack.sql`create table things (id int primary key)`;
  const base = `${stack.service.url}/v1/shape?table=things`;
  const first = await fetch(`${base}&offset=-1`);
  await first.body?.cancel();
  const handle = first.headers.get("electric-handle");
  const live = `${base}&handle=${handle}&offset=0_inf&live=true`;
  const poll = fetch(live);
  await stack.sql`insert into things values (1), (2)`;
  await (await poll).body?.cancel();
  // The change is there already when the stream begins.
  const stream = await fetch(`${live}&live_sse=true`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader?.read() ?? {};
  await t.step("in one batch, up-to-date last", () => {
    const events = value.trim().split("\n\n").map((event) => JSON.parse(event.slice(6)));
    assert.deepEqual(events.map(({ headers }) => headers.operation ?? headers.control), [
      "insert",
      "insert",
      "up-to-date",
    ]);
  });
  await t.step("the stream stays open for what comes next", async () => {
    const next = reader?.read();
    await stack.sql`insert into things values (3)`;
    assert.match((await next)?.value ?? "", /"id":"3"/);
  });
  await t.step("its headers don't move the client past what it may not have read", async () => {
    await reader?.cancel();
    assert.equal(stream.headers.get("electric-offset"), "0_inf");
  });
});
