/** As much of Node's `process` as counts here. */
interface NodeProcess {
  on(event: "uncaughtException", listener: (error: unknown) => void): unknown;
  off(event: "uncaughtException", listener: (error: unknown) => void): unknown;
  listenerCount(event: "uncaughtException"): number;
}

/**
 * Keeps errors that nobody can catch from ending the process where `isHarmless` says so, until what it
 * gives is called.
 */
export function ignoreErrors(isHarmless: (error: unknown) => boolean): () => void {
  if (Reflect.has(globalThis, "addEventListener")) return ignoreAsBrowsersDo(isHarmless);
  const process: unknown = Reflect.get(globalThis, "process");
  return isNodeProcess(process) ? ignoreAsNodeDoes(process, isHarmless) : () => {};
}

function ignoreAsBrowsersDo(isHarmless: (error: unknown) => boolean): () => void {
  const listener = (event: Event) => {
    if ("error" in event && isHarmless(event.error)) event.preventDefault();
  };
  globalThis.addEventListener("error", listener);
  return () => globalThis.removeEventListener("error", listener);
}

function isNodeProcess(process: unknown): process is NodeProcess {
  return typeof process === "object" && process !== null && "listenerCount" in process;
}

function ignoreAsNodeDoes(
  process: NodeProcess,
  isHarmless: (error: unknown) => boolean,
): () => void {
  const listener = (error: unknown) => {
    if (isHarmless(error)) return;
    // A listener of anybody's keeps Node from ending; without others, it ends as if there were none.
    if (process.listenerCount("uncaughtException") === 1) throw error;
  };
  process.on("uncaughtException", listener);
  return () => void process.off("uncaughtException", listener);
}
