import type { Runtime } from "./runtime.ts";

/** Why a request upstream was ended: nobody waits for it, it took too long, its token's time is over, or the server ends. */
export type Ended = "left" | "late" | "over" | "stopping";

/** A client that waits for upstream. */
export interface Waiting {
  /** Aborts when the client leaves, when its time is over, or soon after the server was asked to stop. */
  readonly signal: AbortSignal;
  /** Why the signal aborted, if it did. */
  ended(): Ended | undefined;
  /** Says that it waits no longer: what it got is no longer ended by the signal. */
  settle(): void;
}

/** As much of a {@link Runtime} as counts here. */
type Watching = Pick<Runtime, "watch" | "watchesEagerly">;

/**
 * Gives what begins to wait for upstream on a client's behalf, `timeout` milliseconds at most. Only
 * clients that wait are watched, from the second look on, as that costs half of a quick request; but
 * where the runtime must be asked about them in time, all are, from the start. `isOver`: whether the
 * client may wait no longer.
 */
export function createPatience(
  timeout: number,
  { watch, watchesEagerly }: Watching,
  stopping?: AbortSignal,
): (request: Request, isOver?: () => boolean) => Waiting {
  return (request, isOver = () => false) => {
    const began = Date.now();
    const abort = new AbortController();
    let reason: Ended | undefined;
    let looks = 0;
    let isSettled = false;

    function end(why: Ended): void {
      if (isSettled) return;
      reason ??= why;
      abort.abort();
    }

    function watchClient(): void {
      request.signal.addEventListener("abort", () => end("left"));
      if (request.signal.aborted) end("left");
    }

    function look(): void {
      looks++;
      if (stopping?.aborted) end("stopping");
      if (Date.now() - began > timeout) end("late");
      if (isOver()) end("over");
      const isTimeToWatch = looks === 2 && !watchesEagerly;
      if (isTimeToWatch) watchClient();
    }

    if (watchesEagerly) watchClient();
    if (stopping?.aborted) look();
    const unwatch = watch(look);
    return {
      signal: abort.signal,
      ended: () => reason,
      settle() {
        isSettled = true;
        unwatch();
      },
    };
  };
}
