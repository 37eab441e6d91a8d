import { deepEqual } from "node:assert/strict";
import type { Page } from "playwright-core";

/** How long a page may take to show something, in milliseconds. */
const WITHIN = 15_000;

/** Waits until the lines of a page's list are these, in any order; gives how long it took, in milliseconds. */
export async function showsLines(page: Page, expected: readonly string[]): Promise<number> {
  const started = performance.now();
  const wanted = expected.toSorted();
  let shown: string[] = [];
  while (performance.now() - started < WITHIN) {
    shown = (await page.locator("li").allTextContents()).toSorted();
    if (JSON.stringify(shown) === JSON.stringify(wanted)) return performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  deepEqual(shown, wanted);
  throw new Error("unreachable");
}
