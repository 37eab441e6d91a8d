import { type BrowserContext, chromium, type Page } from "playwright-core";
import { tempDir } from "../support/temp_dir.ts";

/** Debian's Chromium, which the tests don't install. */
const EXECUTABLE = "/usr/bin/chromium";

/** Whether there is a browser; a test without one is skipped with a message. */
export function hasChromium(): boolean {
  try {
    return Deno.statSync(EXECUTABLE).isFile;
  } catch {
    console.log("browser test skipped: no /usr/bin/chromium (apt-get install chromium)");
    return false;
  }
}

/** A browser with an empty profile, and so an empty cache of its own on disk. */
export async function startChromium(): Promise<BrowserContext & AsyncDisposable> {
  const profile = await tempDir();
  const dispose = () => profile[Symbol.asyncDispose]();
  try {
    const context = await chromium.launchPersistentContext(profile.path, {
      executablePath: EXECUTABLE,
      headless: true,
      args: [
        ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ],
    });
    const close = async () => {
      await context.close();
      await dispose();
    };
    return Object.assign(context, { [Symbol.asyncDispose]: close });
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What a request took from the network, as the browser's own developer tools count it. */
export interface Transfer {
  readonly url: string;
  readonly method: string;
  readonly fromCache: boolean;
  /** Of headers and body; 0 for what the cache answers alone. */
  readonly bytes: number;
}

/** Counts what a page transfers from now on. */
export async function countTransfers(page: Page): Promise<Transfer[]> {
  const transfers: Transfer[] = [];
  const open = new Map<string, { url: string; method: string; fromCache: boolean }>();
  const tools = await page.context().newCDPSession(page);
  tools.on("Network.requestWillBeSent", ({ requestId, request: { url, method } }) => {
    open.set(requestId, { url, method, fromCache: false });
  });
  tools.on("Network.responseReceived", ({ requestId, response }) => {
    const found = open.get(requestId);
    if (found !== undefined) found.fromCache = response.fromDiskCache === true;
  });
  tools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const found = open.get(requestId);
    if (found !== undefined) transfers.push({ ...found, bytes: encodedDataLength });
  });
  await tools.send("Network.enable");
  return transfers;
}
