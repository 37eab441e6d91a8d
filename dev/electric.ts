import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks, and that one may take. */
const PAUSE = 500;
const PATIENCE = 5000;

/**
 * Waits until something answers at `ELECTRIC_URL`, whatever it says, or until `over`. When it doesn't at
 * once, `onWait` is told so, and what to do.
 */
export async function waitForElectric(
  url: string,
  over: AbortSignal,
  onWait: (line: string) => void,
): Promise<void> {
  for (let told = false; !over.aborted && !await answers(url); told = true) {
    if (!told) {
      onWait(
        `waiting: nothing answers at ELECTRIC_URL ${url}. Start Electric there, correct the URL, or ` +
          "unset it to use the local sync service.",
      );
    }
    await sleep(PAUSE, undefined, { signal: over }).catch(() => {});
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL("/v1/health", url), {
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
