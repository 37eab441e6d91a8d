import { equal } from "node:assert/strict";
import { createPatience } from "./patience.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function start({ timeout = 60_000, eager = false } = {}) {
  const [client, upstream] = [new AbortController(), new AbortController()];
  const wait = createPatience(timeout, eager);
  const request = new Request("http://x", { signal: client.signal });
  return { client, upstream, wait, request };
}

Deno.test("a client that waits and leaves ends its request upstream at once", async () => {
  for (const eager of [false, true]) {
    const { client, upstream, wait, request } = start({ eager });
    const settle = wait(request, upstream);
    await pause(eager ? 0 : 400);
    equal(upstream.signal.aborted, false);
    client.abort();
    equal(upstream.signal.aborted, true);
    settle();
  }
});

Deno.test("a client that left before it was looked at is noticed", async () => {
  const { client, upstream, wait, request } = start();
  const settle = wait(request, upstream);
  client.abort();
  equal(upstream.signal.aborted, false);
  await pause(400);
  equal(upstream.signal.aborted, true);
  settle();
});

Deno.test("upstream has its time to answer, and no more", async () => {
  const { upstream, wait, request } = start({ timeout: 300 });
  const began = performance.now();
  const settle = wait(request, upstream);
  while (!upstream.signal.aborted && performance.now() - began < 2000) await pause(10);
  const took = performance.now() - began;
  equal(took >= 290 && took < 2000, true, `${took} ms`);
  settle();
});

Deno.test("what was answered is left alone", async () => {
  const { client, upstream, wait, request } = start({ timeout: 200 });
  const settle = wait(request, upstream);
  settle();
  await pause(400);
  client.abort();
  equal(upstream.signal.aborted, false);
});

Deno.test("each request has its own time, though one clock looks after all", async () => {
  const { wait, request } = start({ timeout: 600 });
  const uppers = [new AbortController(), new AbortController()] as const;
  const settles = [wait(request, uppers[0])];
  await pause(400);
  settles.push(wait(request, uppers[1]));
  await pause(450);
  equal(uppers[0].signal.aborted, true);
  equal(uppers[1].signal.aborted, false);
  await pause(500);
  equal(uppers[1].signal.aborted, true);
  for (const settle of settles) settle();
});
