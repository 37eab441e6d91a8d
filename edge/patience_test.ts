import { equal } from "node:assert/strict";
import { watchTogether } from "../shared/clock.ts";
import { createPatience } from "./patience.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const patience = (timeout: number, watchesEagerly: boolean, stopping?: AbortSignal) =>
  createPatience(timeout, { watch: watchTogether, watchesEagerly }, stopping);

function start({ timeout = 60_000, eager = false } = {}) {
  const client = new AbortController();
  const wait = patience(timeout, eager);
  const request = new Request("http://x", { signal: client.signal });
  return { client, wait, request };
}

Deno.test("a client that waits and leaves ends its request upstream at once", async () => {
  for (const eager of [false, true]) {
    const { client, wait, request } = start({ eager });
    const { signal, settle, ended } = wait(request);
    await pause(eager ? 0 : 400);
    equal(signal.aborted, false);
    client.abort();
    equal(signal.aborted, true);
    equal(ended(), "left");
    settle();
  }
});

Deno.test("a client that left before it was looked at is noticed", async () => {
  const { client, wait, request } = start();
  const { signal, settle } = wait(request);
  client.abort();
  equal(signal.aborted, false);
  await pause(400);
  equal(signal.aborted, true);
  settle();
});

Deno.test("upstream has its time to answer, and no more", async () => {
  const { wait, request } = start({ timeout: 300 });
  const began = performance.now();
  const { signal, settle, ended } = wait(request);
  while (!signal.aborted && performance.now() - began < 2000) await pause(10);
  const took = performance.now() - began;
  equal(took >= 290 && took < 2000, true, `${took} ms`);
  equal(ended(), "late");
  settle();
});

Deno.test("what was answered is left alone", async () => {
  for (const eager of [false, true]) {
    const { client, wait, request } = start({ timeout: 200, eager });
    const { signal, settle } = wait(request);
    settle();
    await pause(400);
    client.abort();
    equal(signal.aborted, false);
  }
});

Deno.test("a client whose time is over is ended, and no other", async () => {
  const { wait, request } = start();
  let isOver = false;
  const [mine, other] = [wait(request, () => isOver), wait(new Request("http://x"))];
  await pause(250);
  equal(mine.signal.aborted, false);
  isOver = true;
  await pause(250);
  equal(mine.ended(), "over");
  equal(mine.signal.aborted, true);
  equal(other.signal.aborted, false);
  mine.settle();
  other.settle();
});

Deno.test("each request has its own time, though one clock looks after all", async () => {
  const { wait, request } = start({ timeout: 600 });
  const first = wait(request);
  await pause(400);
  const second = wait(request);
  await pause(450);
  equal(first.signal.aborted, true);
  equal(second.signal.aborted, false);
  await pause(500);
  equal(second.signal.aborted, true);
  first.settle();
  second.settle();
});

Deno.test("a server that stops ends what is held, and what comes after", async () => {
  const stop = new AbortController();
  const wait = patience(60_000, false, stop.signal);
  const [answered, held] = [wait(new Request("http://x")), wait(new Request("http://x"))];
  answered.settle();
  stop.abort();
  const later = wait(new Request("http://x"));
  equal(later.signal.aborted, true);
  await pause(300);
  equal(answered.signal.aborted, false);
  for (const { signal, ended, settle } of [held, later]) {
    equal(signal.aborted, true);
    equal(ended(), "stopping");
    settle();
  }
});
