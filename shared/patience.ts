import { watch } from "./clock.ts";

/** Why a request upstream was ended: nobody waits for it, it took too long, or the server ends. */
export type Ended = "left" | "late" | "stopping";

/**
 * Gives what begins to wait for upstream on a client's behalf: a `signal` that aborts when the client
 * leaves, after `timeout` milliseconds, or when `stopping` does, unless `settle` is called before; and
 * `ended`, why it did. Only clients that wait are watched, from the second look on, as that costs half
 * of a quick request. With `eager` they are watched from the start.
 */
export function createPatience(timeout: number, eager: boolean, stopping?: AbortSignal) {
  const held = new Set<(why: Ended) => void>();
  stopping?.addEventListener("abort", () => {
    for (const end of held) end("stopping");
  });

  return (request: Request) => {
    const [began, abort] = [Date.now(), new AbortController()];
    let why: Ended | undefined;
    // The first look may come at once.
    let looks = eager ? 1 : 0;
    const end = (reason: Ended) => {
      why ??= reason;
      abort.abort();
    };
    const look = () => {
      if (Date.now() - began > timeout) end("late");
      if (++looks !== 2) return;
      request.signal.addEventListener("abort", () => end("left"));
      if (request.signal.aborted) end("left");
    };
    if (eager) look();
    if (stopping?.aborted) end("stopping");
    held.add(end);
    const unwatch = watch(look);
    const settle = () => {
      held.delete(end);
      unwatch();
    };
    return { signal: abort.signal, settle, ended: () => why };
  };
}
