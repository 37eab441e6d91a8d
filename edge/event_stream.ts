import type { Watch } from "../shared/clock.ts";

/** Whether a response goes on until somebody ends it. */
export function isEventStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}

/**
 * An event stream that ends, as a whole one does, when `isOver` says so: what comes after that isn't
 * passed on. Its client asks again from the last whole event.
 */
export function endWhen(isOver: () => boolean, response: Response, watch: Watch): Response {
  const { body, status, headers } = response;
  if (body === null) return response;
  return new Response(endBody(isOver, body.getReader(), watch), { status, headers });
}

/** What a reader reads, as a stream that ends once `isOver`. */
function endBody(
  isOver: () => boolean,
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  watch: Watch,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let hasEnded = false;
  let end = () => {};
  const unwatch = watch(() => {
    if (isOver()) end();
  });

  /** Lets go of both sides, once: what a stream is told after its end is an error. */
  function finish(tell = () => {}): void {
    if (hasEnded) return;
    hasEnded = true;
    unwatch();
    reader.cancel().catch(() => {});
    tell();
  }

  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      end = () => finish(() => controller.close());
      if (isOver()) end();
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done || isOver()) end();
        else if (!hasEnded) controller.enqueue(value);
      } catch (error) {
        finish(() => controller.error(error));
      }
    },
    cancel: () => finish(),
  });
}
