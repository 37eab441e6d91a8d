import type { Page } from "playwright-core";
import { offerHelp } from "../../cli/help.ts";
import { ROOT } from "../support/process.ts";
import { startPlaygroundStack } from "./stack.ts";

/** The pictures of the playground in `docs/`. */
export const VIEWS = [
  { name: "playground-light", width: 1200, height: 900, colorScheme: "light" },
  { name: "playground-dark", width: 1200, height: 900, colorScheme: "dark" },
  { name: "playground-phone", width: 390, height: 844, colorScheme: "light" },
] as const;

/** Takes pictures of the page at `url` as it is with the example's rows, twice as fine as a screen's dots. */
export async function takeScreenshots(page: Page, url: string, folder: string): Promise<void> {
  const tools = await page.context().newCDPSession(page);
  await tools.send("Network.enable");
  await tools.send("Network.setCacheDisabled", { cacheDisabled: true });
  for (const { name, width, height, colorScheme } of VIEWS) {
    await page.emulateMedia({ colorScheme });
    await tools.send("Emulation.setDeviceMetricsOverride", {
      ...{ width, height, deviceScaleFactor: 2, mobile: false },
    });
    await page.goto("about:blank");
    await page.goto(url);
    await page.locator('.person.a .pill.live:text-is("live · 1 row")').waitFor();
    await page.locator('.person.b .pill.live:text-is("live · 2 rows")').waitFor();
    await page.locator(".entry.a .hop.held").waitFor();
    await page.locator(".entry.b .hop.held").waitFor();
    await page.locator(".entry .hop", { hasText: "Electric" }).nth(3).waitFor();
    const { data } = await tools.send("Page.captureScreenshot", { format: "png" });
    await Deno.writeFile(`${folder}/${name}.png`, Uint8Array.fromBase64(data));
  }
}

if (import.meta.main) {
  offerHelp(`Takes the pictures of the playground that README and docs/ show, into docs/.

  deno task screenshots

It needs Chromium, and starts a \`deno task dev\` of its own.`);
  await using stack = await startPlaygroundStack();
  const { page } = await stack.open();
  await takeScreenshots(page, stack.url, `${ROOT}/docs`);
  console.log(`docs/ has ${VIEWS.map(({ name }) => `${name}.png`).join(", ")}.`);
}
