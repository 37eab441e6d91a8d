import { equal, ok } from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import { countTransfers, hasChromium, startChromium, type Transfer } from "./browser.ts";
import { signIn, startUsersStack, USERS } from "./stack.ts";

const CLIENT = new URL(
  "../../node_modules/@electric-sql/client/dist/index.browser.mjs",
  import.meta.url,
);
const ROWS = 2000;

/** A page that asks for a token each time it loads, follows the user's todos and says how many there are. */
function pageOf(gatekeeper: string, authorization: string): string {
  return `<!doctype html><title>loading</title><script type="module">
    import { Shape, ShapeStream } from "/client.mjs";
    const headers = { authorization: ${JSON.stringify(authorization)} };
    const answer = await fetch("${gatekeeper}/gatekeeper/todos", { method: "POST", headers });
    const shape = new Shape(new ShapeStream(await answer.json()));
    document.title = (await shape.rows).length + " rows";
  </script>`;
}

Deno.test("a page that loads again takes the initial snapshot from the browser's cache", {
  ignore: !hasChromium(),
}, async () => {
  await using stack = await startUsersStack();
  const { sql, gatekeeper } = stack;
  await sql`insert into todos (owner_id, title)
    select ${USERS.alice}::uuid, 'todo ' || i from generate_series(3, ${ROWS}::int) i`;
  const page = pageOf(gatekeeper.url, await signIn("alice"));
  const client = await Deno.readTextFile(CLIENT);
  await using site = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) =>
      request.url.endsWith("/client.mjs")
        ? new Response(client, { headers: { "content-type": "text/javascript" } })
        : new Response(page, { headers: { "content-type": "text/html" } }),
  );
  await using browser = await startChromium();
  const url = `http://127.0.0.1:${site.addr.port}/`;

  const first = initial(await load(browser, url));
  const second = initial(await load(browser, url));
  console.log("initial snapshot:", { first: first.bytes, second: second.bytes });
  ok(!first.fromCache && first.bytes > 50 * ROWS, JSON.stringify(first));
  equal(second.url, first.url);
  equal(second.fromCache, true);
  equal(second.bytes, 0);
});

/** Loads the page in a tab of its own until all rows are there. */
async function load(browser: BrowserContext, url: string): Promise<Transfer[]> {
  const page = await browser.newPage();
  const transfers = await countTransfers(page);
  await page.goto(url);
  await page.waitForFunction(`document.title === "${ROWS} rows"`);
  await page.close();
  return transfers;
}

function initial(transfers: readonly Transfer[]): Transfer {
  const [found, ...more] = transfers.filter(({ url, method }) =>
    method === "GET" && url.includes("offset=-1")
  );
  if (found !== undefined && more.length === 0) return found;
  throw new Error(`not one initial request: ${JSON.stringify(transfers)}`);
}
