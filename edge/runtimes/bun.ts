import type { Runtime } from "../runtime.ts";
import { nodeRuntime } from "./node.ts";

/** Bun. */
export function bunRuntime(): Runtime {
  return {
    ...nodeRuntime(),
    name: "Bun",
    fetch: fetchQuietly,
    inflates: ["gzip", "x-gzip", "deflate", "br", "zstd"],
  };
}

/**
 * `fetch`, of whose bodies no error tells the URL: Bun prints errors of bodies that it sends on, and the
 * URL holds Electric's secret.
 */
const fetchQuietly: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { body, status, headers } = response;
  const isBodied = body !== null && status >= 200 && status <= 599;
  return isBodied ? new Response(withoutCauses(body), { status, headers }) : response;
};

function withoutCauses(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const next = await reader.read().catch(() => null);
      if (next === null) controller.error(new Error("the body from upstream broke off"));
      else if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await reader.cancel().catch(() => {});
    },
  });
}
