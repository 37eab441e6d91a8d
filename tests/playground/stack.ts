import type { Page } from "playwright-core";
import { DevProcess, freePorts, temporaryFolder } from "../dev/dev_process.ts";
import { startChromium } from "../users/browser.ts";

/** A `deno task dev` with the example's rows, and a browser on its playground. */
export interface PlaygroundStack extends AsyncDisposable {
  readonly url: string;
  readonly databaseUrl: string;
  /** Opens a page; what its console says of errors goes to `errors`. */
  open(hash?: string): Promise<Tab>;
}

/** A page, which is closed with its block. */
export interface Tab extends AsyncDisposable {
  readonly page: Page;
  readonly errors: readonly string[];
}

/** Starts it, with a database of its own. */
export async function startPlaygroundStack(): Promise<PlaygroundStack> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await temporaryFolder());
  // Postgres may run as another user.
  await Deno.chmod(folder.path, 0o755);
  const ports = freePorts();
  const dev = open.use(new DevProcess(ports, folder.path));
  await dev.ready();
  const browser = open.use(await startChromium());
  const kept = open.move();
  const url = `http://localhost:${ports.gatekeeper}/`;
  return {
    url,
    databaseUrl: `postgresql://postgres:password@localhost:${ports.postgres}/electric`,
    async open(hash = "") {
      const page = await browser.newPage();
      page.setDefaultTimeout(10_000);
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        const told = ["error", "warning"].includes(message.type());
        if (told) errors.push(`${message.text()} ${message.location().url}`);
      });
      await page.goto(url + hash);
      return { page, errors, [Symbol.asyncDispose]: () => page.close() };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
