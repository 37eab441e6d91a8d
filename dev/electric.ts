import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks, and that one may take. */
const PAUSE = 500;
const PATIENCE = 5000;

/**
 * Waits until something answers at `ELECTRIC_URL`, whatever it says, or until `over`. `onTrouble` is told
 * what is wrong there, and what to do: nothing answers, or what does isn't Electric.
 */
export async function waitForElectric(
  url: string,
  over: AbortSignal,
  onTrouble: (line: string) => void,
): Promise<void> {
  let state = await stateOf(url);
  if (state === "silent") {
    onTrouble(
      `waiting: nothing answers at ELECTRIC_URL ${url}. Start Electric there, correct the URL, or ` +
        "unset it to use the local sync service.",
    );
  }
  while (state === "silent" && !over.aborted) {
    await sleep(PAUSE, undefined, { signal: over }).catch(() => {});
    state = await stateOf(url);
  }
  if (state === "strange") {
    onTrouble(
      `what answers at ELECTRIC_URL ${url} isn't Electric as /v1/health shows it: is it right?`,
    );
  }
}

/** Electric's health check is JSON with a `status`. */
async function stateOf(url: string): Promise<"silent" | "strange" | "healthy"> {
  try {
    const response = await fetch(new URL("/v1/health", url), {
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const body: unknown = await response.json().catch(() => null);
    const isHealth = typeof body === "object" && body !== null && "status" in body;
    return isHealth ? "healthy" : "strange";
  } catch {
    return "silent";
  }
}
