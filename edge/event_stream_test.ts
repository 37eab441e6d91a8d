import { equal, rejects } from "node:assert/strict";
import { untilStopped } from "./event_stream.ts";

const TYPE = { "content-type": "text/event-stream" };
const PIECE = new TextEncoder().encode("data: 1\n\n");

/** An event stream in the hands of the test. */
function start(headers: Record<string, string> = TYPE) {
  const stop = new AbortController();
  let upstream: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (upstream = controller),
    cancel: () => void (cancelled = true),
  });
  const response = untilStopped(new Response(body, { headers }), stop.signal);
  return { stop, upstream, response, cancelled: () => cancelled };
}

Deno.test("an event stream passes until the server stops, then ends as if whole", async () => {
  const { stop, upstream, response, cancelled } = start();
  const text = response.text();
  upstream?.enqueue(PIECE);
  upstream?.enqueue(PIECE);
  await new Promise((resolve) => setTimeout(resolve, 0));
  stop.abort();
  equal(await text, "data: 1\n\ndata: 1\n\n");
  equal(cancelled(), true);
});

Deno.test("one that begins while the server stops has no end to wait for", async () => {
  const stop = new AbortController();
  stop.abort();
  const body = new ReadableStream<Uint8Array>();
  const response = untilStopped(new Response(body, { headers: TYPE }), stop.signal);
  equal(await response.text(), "");
});

Deno.test("its own end, its break and its client's leaving pass through, and a stop after them is nothing", async () => {
  const whole = start();
  whole.upstream?.enqueue(PIECE);
  whole.upstream?.close();
  equal(await whole.response.text(), "data: 1\n\n");
  whole.stop.abort();

  const broken = start();
  broken.upstream?.error(new TypeError("cut"));
  await rejects(broken.response.text(), TypeError);
  broken.stop.abort();

  const left = start();
  await left.response.body?.cancel();
  equal(left.cancelled(), true);
  left.stop.abort();
});

Deno.test("other bodies are left as they are", () => {
  for (const headers of [{}, { "content-type": "application/json" }]) {
    const response = new Response("[]", { headers });
    equal(untilStopped(response, new AbortController().signal), response);
  }
});
