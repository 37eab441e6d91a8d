import { ok } from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import postgres from "postgres";
import { DevProcess, freePorts, ROOT, temporaryFolder } from "../dev/dev_process.ts";
import { tempDir } from "../support/temp_dir.ts";
import { hasChromium, startChromium } from "../users/browser.ts";
import { TEST_ALL } from "../support/test_all.ts";

async function bundlePage(): Promise<string> {
  await using temp = await tempDir();
  const path = `${temp.path}/page.js`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--config", "tests/deno.json", "--platform", "browser", "-o", path],
      "tests/client/thirty_shapes.ts",
    ],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return await Deno.readTextFile(path);
}

/** Milliseconds that we wait for a row. */
const LATE = 2000;
/** Shapes that get a row, one after another. */
const GET_ROWS = [1, 4, 7, 10, 13, 16, 19, 22, 25, 28];

/** Opens the page and gives ten of its shapes a row each; gives how long each took, at most `LATE` milliseconds. */
async function latencies(
  browser: BrowserContext,
  url: string,
  insert: (value: string) => Promise<unknown>,
): Promise<number[]> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await page.waitForFunction(`document.title.startsWith("30 synced")`);
    // By then, all hold a request, or wait for a connection.
    await page.waitForTimeout(2000);
    const took: number[] = [];
    for (const number of GET_ROWS) {
      const [, before = 0] = (await page.title()).match(/\d+/g)?.map(Number) ?? [];
      const start = performance.now();
      await insert(`shape ${number}`);
      const arrives = `Number(document.title.split(" ")[2]) > ${before}`;
      await page.waitForFunction(arrives, undefined, { timeout: LATE, polling: 10 }).catch(
        () => {},
      );
      took.push(Math.round(performance.now() - start));
    }
    return took;
  } finally {
    await page.close();
  }
}

Deno.test("30 shapes of a page are live in dev once they are spread over names of localhost", {
  ignore: !TEST_ALL || !hasChromium(),
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  const script = await bundlePage();
  await using folder = await temporaryFolder();
  await Deno.chmod(folder.path, 0o755);
  const ports = freePorts();
  await using dev = new DevProcess(ports, folder.path);
  await dev.ready();
  const sql = postgres(`postgresql://postgres:password@localhost:${ports.postgres}/electric`, {
    max: 1,
    onnotice: () => {},
  });
  await using site = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ url }) =>
      url.endsWith("/page.js")
        ? new Response(script, { headers: { "content-type": "text/javascript" } })
        : new Response(`<!doctype html><script type="module" src="/page.js"></script>`, {
          headers: { "content-type": "text/html" },
        }),
  );
  await using browser = await startChromium();
  const query = new URLSearchParams({ gatekeeper: `http://localhost:${ports.gatekeeper}` });
  const insert = (value: string) => sql`insert into items (value) values (${value})`;
  try {
    const base = `http://localhost:${site.addr.port}/?${query}`;
    const plain = await latencies(browser, base, insert);
    await sql`delete from items where value like 'shape %'`;
    const spread = await latencies(browser, `${base}&isSpread=1`, insert);
    console.log("a row in one of 30 shapes, in ms until it is seen:", { plain, spread });
    ok(plain.some((ms) => ms >= LATE), "six connections starve the rest");
    ok(Math.max(...spread) < 1000, String(spread));
  } finally {
    await sql.end();
  }
});
