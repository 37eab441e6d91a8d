import { formatOffset, type Offset } from "./offset.ts";
import type { Shape } from "./shape.ts";
import { waitForNext } from "./wait.ts";

const encoder = new TextEncoder();
const KEEP_ALIVE_MS = 21_000;
/** How long one SSE response lasts. */
export const SSE_TIMEOUT_MS = 60_000;

/** The message that tells a client that it has all there is, as of a log position. */
export function upToDate(lsn: bigint): string {
  return JSON.stringify({ headers: { control: "up-to-date", global_last_seen_lsn: `${lsn}` } });
}

/** Messages as a JSON array. */
export function toJsonArray(messages: readonly string[]): Uint8Array<ArrayBuffer> {
  return encoder.encode(`[${messages.join(",")}]`);
}

/** Messages as server-sent events. */
export function toEvents(messages: readonly string[]): Uint8Array<ArrayBuffer> {
  return encoder.encode(messages.map((message) => `data: ${message}\n\n`).join(""));
}

/** A body of unknown length, sent chunked. */
export function chunked(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/**
 * Follows a shape's log from an offset as server-sent events: each batch of changes ends with
 * `up-to-date`, a comment comes when nothing else did, and the end when time is up, the shape is
 * dropped or the signal fires.
 */
export function followAsEvents(
  shape: Shape,
  from: Offset,
  signal: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = new AbortController();
  const anySignal = AbortSignal.any([signal, left.signal]);
  const end = performance.now() + SSE_TIMEOUT_MS;
  let offset = from;
  return new ReadableStream({
    async pull(controller) {
      const remaining = Math.max(end - performance.now(), 0);
      const hasMore = shape.since(offset).length > 0;
      const outcome = hasMore
        ? "changed"
        : await waitForNext(shape, Math.min(KEEP_ALIVE_MS, remaining), anySignal);
      if (outcome === "changed") {
        const messages = shape.since(offset);
        offset = shape.lastOffset;
        controller.enqueue(toEvents([...messages, upToDate(offset.lsn)]));
      } else if (outcome === "timeout" && performance.now() < end) {
        controller.enqueue(encoder.encode(": keep-alive\n\n"));
      } else if (!left.signal.aborted) {
        controller.close();
      }
    },
    cancel() {
      left.abort();
    },
  });
}

let lastMoment = 0n;

/**
 * A shape response's etag, with quotes. One without changes gets a moment that never comes twice:
 * a cache that revalidates it must not be told that it is still good.
 */
export function etag(
  handle: string,
  requested: Offset | "now" | undefined,
  offset: Offset | undefined,
  hasChanges: boolean,
): string {
  const from = requested === undefined || requested === "now"
    ? requested ?? ""
    : formatOffset(requested);
  const to = offset === undefined ? "" : formatOffset(offset);
  return `"${handle}:${from}:${to}${hasChanges ? "" : `:${nextMoment()}`}"`;
}

/** Nanoseconds on a clock that starts far below zero, as Erlang's monotonic time does. */
function nextMoment(): bigint {
  const now = BigInt(Math.floor(performance.now() * 1e6)) - 576_460_752_303_423_488n;
  lastMoment = now > lastMoment || lastMoment === 0n ? now : lastMoment + 1n;
  return lastMoment;
}
