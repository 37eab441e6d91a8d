import type { Shape } from "./shape.ts";

/** How a wait ended; `left`: the client hung up. */
export type WaitOutcome = "changed" | "dropped" | "timeout" | "left";

/** Waits for a shape's next change, its end, `ms`, or the signal, whichever comes first. */
export function waitForNext(shape: Shape, ms: number, signal: AbortSignal): Promise<WaitOutcome> {
  if (signal.aborted) return Promise.resolve("left");
  if (shape.isDropped) return Promise.resolve("dropped");
  const { promise, resolve } = Promise.withResolvers<WaitOutcome>();
  const onAbort = () => resolve("left");
  const callOff = shape.onNext(() => resolve(shape.isDropped ? "dropped" : "changed"));
  const timer = setTimeout(() => resolve("timeout"), ms);
  signal.addEventListener("abort", onAbort);
  return promise.finally(() => {
    callOff();
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  });
}
