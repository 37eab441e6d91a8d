/**
 * A response as it is, unless it is an event stream: that ends, as a whole one does, when `stopping`
 * aborts, for it would hold the server up to a minute. Its client asks again from the last whole event.
 */
export function untilStopped(response: Response, stopping: AbortSignal): Response {
  const { body, status, headers } = response;
  if (body === null || !headers.get("content-type")?.startsWith("text/event-stream")) {
    return response;
  }
  return new Response(endOn(stopping, body.getReader()), { status, headers });
}

function endOn(stopping: AbortSignal, reader: ReadableStreamDefaultReader<Uint8Array>) {
  let over = false;
  let end = () => {};
  /** Lets go of both sides, once: what a stream is told after its end is an error. */
  const finish = (tell = () => {}) => {
    if (over) return;
    over = true;
    stopping.removeEventListener("abort", end);
    reader.cancel().catch(() => {});
    tell();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      end = () => finish(() => controller.close());
      stopping.addEventListener("abort", end);
      if (stopping.aborted) end();
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) end();
        else if (!over) controller.enqueue(value);
      } catch (error) {
        finish(() => controller.error(error));
      }
    },
    cancel: () => finish(),
  });
}
