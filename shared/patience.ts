import { watch } from "./clock.ts";

/** Why a request upstream was ended: nobody waits for it, it took too long, or the server ends. */
export type Ended = "left" | "late" | "stopping";

/**
 * Gives what begins to wait for upstream on a client's behalf: a `signal` that aborts when the client
 * leaves, after `timeout` milliseconds, or soon after `stopping` does, unless `settle` is called before; and
 * `ended`, why it did. Only clients that wait are watched, from the second look on, as that costs half
 * of a quick request. With `eager` they are watched from the start.
 */
export function createPatience(timeout: number, eager: boolean, stopping?: AbortSignal) {
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
      if (stopping?.aborted) end("stopping");
      if (Date.now() - began > timeout) end("late");
      if (++looks !== 2) return;
      request.signal.addEventListener("abort", () => end("left"));
      if (request.signal.aborted) end("left");
    };
    if (eager || stopping?.aborted) look();
    return { signal: abort.signal, settle: watch(look), ended: () => why };
  };
}
