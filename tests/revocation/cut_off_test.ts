import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { type Held, Shape, startRevocationStack, tokenFor } from "./stack.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("from revoke to the last byte: 12 s at the edges, 1 s at the gatekeeper's proxy; nobody else notices", async (t) => {
  await using stack = await startRevocationStack();
  const { sql, gatekeeper, edges: [one, two] } = stack;
  const proxy = `${gatekeeper.url}/proxy`;
  const [alice, bob] = [await tokenFor(stack, "alice"), await tokenFor(stack, "bob")];
  const streams = async (headers: typeof alice) => ({
    poll: await new Shape(one.url, headers).hold(),
    events: await new Shape(two.url, headers).hold(true),
    proxied: await new Shape(proxy, headers).hold(),
    proxiedEvents: await new Shape(proxy, headers).hold(true),
  });
  const [hers, his] = [await streams(alice), await streams(bob)];
  // The edges have just looked: so it takes as long as it can.
  await pause(1500);
  const began = Date.now();
  await sql`select gatekeeper.revoke(subject => 'alice')`;
  const after = async ({ ended }: Held) => (await ended, Date.now() - began);
  const [poll, events, proxied, proxiedEvents] = await Promise.all([
    after(hers.poll),
    after(hers.events),
    after(hers.proxied),
    after(hers.proxiedEvents),
  ]);
  console.log("ms from revoke to the end:", { poll, events, proxied, proxiedEvents });

  await t.step("in time", () => {
    ok(poll < 12_000 && events < 12_000, `${poll} and ${events} ms`);
    ok(proxied < 1000 && proxiedEvents < 1000, `${proxied} and ${proxiedEvents} ms`);
  });
  await t.step("a long poll ends as Electric's, so that its client asks again", async () => {
    for (const held of [hers.poll, hers.proxied]) {
      const { status, headers } = await held.ended;
      equal(status, 200);
      equal(held.text, "[]");
      equal(headers.get("cache-control"), "no-store");
      match(headers.get("electric-handle") ?? "", /^\d+-\d+$/);
      match(headers.get("electric-offset") ?? "", /^\d+_/);
      equal(headers.get("electric-cursor"), "7");
    }
  });
  await t.step("and then gets a 401, at each proxy", async () => {
    for (const url of [one.url, two.url, proxy]) {
      equal(await new Shape(url, alice).status(), 401, url);
      equal(await new Shape(url, bob).status(), 200, url);
    }
  });
  await t.step("others are still held, and get what comes", async () => {
    await sql`insert into things values (1)`;
    await his.poll.ended;
    match(his.poll.text, /"id":"1"/);
    for (const held of [his.events, his.proxiedEvents]) {
      for (let i = 0; !held.text.includes('"id":"1"') && i < 200; i++) await pause(10);
      match(held.text, /"id":"1"/);
      equal(held.endedAt, null);
    }
    for (const held of Object.values(hers)) ok(!held.text.includes('"id":"1"'));
  });
  await t.step("a new token is another one, and good everywhere", async () => {
    const again = await tokenFor(stack, "alice");
    notEqual(again.authorization, alice.authorization);
    for (const url of [one.url, two.url, proxy]) equal(await new Shape(url, again).status(), 200);
    // It is stable again.
    deepEqual(await tokenFor(stack, "alice"), again);
  });
  await t.step("a table's tokens, and everyone's", async () => {
    await sql`create table others (id int primary key)`;
    const [things, others] = [
      await tokenFor(stack, "carol"),
      await tokenFor(stack, "carol", "others"),
    ];
    await sql`select gatekeeper.revoke(table_name => 'Things')`;
    await pause(900);
    equal(await new Shape(proxy, things).status(), 401);
    equal(await new Shape(proxy, others, "others").status(), 200);
    await sql`select gatekeeper.revoke(everyone => true)`;
    await pause(900);
    equal(await new Shape(proxy, others, "others").status(), 401);
    const fresh = await tokenFor(stack, "carol", "others");
    equal(await new Shape(proxy, fresh, "others").status(), 200);
  });
  for (const held of Object.values(his)) void held;
  await gatekeeper.process.stop();
});
