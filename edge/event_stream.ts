/**
 * A response as it is, unless it is an event stream: that ends, as a whole one does, when `stopping`
 * aborts, for it would hold the server up to a minute. Its client asks again from the last whole event.
 */
export function untilStopped(response: Response, stopping: AbortSignal): Response {
  const { body, status, headers } = response;
  const isEventStream = headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (body === null || !isEventStream) return response;
  return new Response(endOn(stopping, body.getReader()), { status, headers });
}

/** What a reader reads, as a stream that ends on a signal. */
function endOn(
  stopping: AbortSignal,
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOver = false;
  let end = () => {};

  /** Lets go of both sides, once: what a stream is told after its end is an error. */
  function finish(tell = () => {}): void {
    if (isOver) return;
    isOver = true;
    stopping.removeEventListener("abort", end);
    reader.cancel().catch(() => {});
    tell();
  }

  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      end = () => finish(() => controller.close());
      stopping.addEventListener("abort", end);
      if (stopping.aborted) end();
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) end();
        else if (!isOver) controller.enqueue(value);
      } catch (error) {
        finish(() => controller.error(error));
      }
    },
    cancel: () => finish(),
  });
}
