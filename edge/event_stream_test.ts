import { equal, rejects } from "node:assert/strict";
import { watchTogether } from "../shared/clock.ts";
import { endWhen, isEventStream } from "./event_stream.ts";

const TYPE = { "content-type": "text/event-stream" };
const PIECE = new TextEncoder().encode("data: 1\n\n");

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An event stream in the hands of the test. */
function start() {
  let isOver = false;
  let upstream: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (upstream = controller),
    cancel: () => void (cancelled = true),
  });
  const response = endWhen(() => isOver, new Response(body, { headers: TYPE }), watchTogether);
  const end = () => void (isOver = true);
  return { end, upstream, response, cancelled: () => cancelled };
}

Deno.test("an event stream passes until its time is over, then ends as if whole", async () => {
  const { end, upstream, response, cancelled } = start();
  const text = response.text();
  upstream?.enqueue(PIECE);
  upstream?.enqueue(PIECE);
  await pause(0);
  end();
  equal(await text, "data: 1\n\ndata: 1\n\n");
  equal(cancelled(), true);
});

Deno.test("what comes after the end isn't passed on, though nobody has looked yet", async () => {
  const { end, upstream, response } = start();
  const text = response.text();
  upstream?.enqueue(PIECE);
  await pause(0);
  end();
  upstream?.enqueue(PIECE);
  equal(await text, "data: 1\n\n");
});

Deno.test("one that begins when its time is over has no end to wait for", async () => {
  const body = new ReadableStream<Uint8Array>();
  const response = endWhen(() => true, new Response(body, { headers: TYPE }), watchTogether);
  equal(await response.text(), "");
});

Deno.test("its own end, its break and its client's leaving pass through, and its time's end after them is nothing", async () => {
  const whole = start();
  whole.upstream?.enqueue(PIECE);
  whole.upstream?.close();
  equal(await whole.response.text(), "data: 1\n\n");
  whole.end();

  const broken = start();
  broken.upstream?.error(new TypeError("cut"));
  await rejects(broken.response.text(), TypeError);
  broken.end();

  const left = start();
  await left.response.body?.cancel();
  equal(left.cancelled(), true);
  left.end();
  await pause(250);
});

Deno.test("only event streams go on", () => {
  equal(isEventStream(new Response("", { headers: TYPE })), true);
  for (const headers of [{}, { "content-type": "application/json" }]) {
    equal(isEventStream(new Response("[]", { headers })), false);
  }
});
