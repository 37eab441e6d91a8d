import { type BrowserContext, chromium, type Page } from "playwright-core";
import { findCommand } from "../support/find_command.ts";
import { tempDir } from "../support/temp_dir.ts";

/** What Chromium and its kin are called, and where macOS has them. */
const NAMES = [
  ...["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const given = Deno.env.get("CHROMIUM");
const executable = findCommand(...(given ? [given] : NAMES));

/** Whether there is a browser; a test without one is skipped with a message. */
export function hasChromium(): boolean {
  if (executable !== undefined) return true;
  const looked = given
    ? `CHROMIUM=${given} is none`
    : "there is no chromium or google-chrome in PATH";
  console.log(
    `browser test skipped: ${looked}; install one (Debian: apt-get install chromium), or set CHROMIUM to its path`,
  );
  return false;
}

/** A browser with an empty profile, and so an empty cache of its own on disk. */
export async function startChromium(): Promise<BrowserContext & AsyncDisposable> {
  if (executable === undefined) throw new Error("there is no Chromium: ask hasChromium first");
  const profile = await tempDir();
  const dispose = () => profile[Symbol.asyncDispose]();
  try {
    const context = await chromium.launchPersistentContext(profile.path, {
      executablePath: executable,
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
