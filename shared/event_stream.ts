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
  let end = () => {};
  const release = () => stopping.removeEventListener("abort", end);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      end = () => {
        controller.close();
        reader.cancel().catch(() => {});
      };
      stopping.addEventListener("abort", end);
      if (stopping.aborted) end();
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (stopping.aborted) return;
        if (!done) return controller.enqueue(value);
        release();
        controller.close();
      } catch (error) {
        release();
        throw error;
      }
    },
    async cancel() {
      release();
      await reader.cancel();
    },
  });
}
