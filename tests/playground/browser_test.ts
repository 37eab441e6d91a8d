import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import postgres from "postgres";
import { findGuardLines } from "../../dev/playground/guard_lines.ts";
import { ATTACKS, REVOKED } from "../../dev/playground/page/attacks.ts";
import { tempDir } from "../support/temp_dir.ts";
import { ROOT } from "../support/process.ts";
import { countTransfers, hasChromium } from "../users/browser.ts";
import { takeScreenshots, VIEWS } from "./screenshots.ts";
import { type PlaygroundStack, startPlaygroundStack } from "./stack.ts";
import { TEST_ALL } from "../support/test_all.ts";

/** Bytes that the page and all it is made of may be, as they are transferred. */
const BUDGET = 100 * 1024;

const axe = await Deno.readTextFile(new URL(import.meta.resolve("axe-core/axe.min.js")));

/** What axe finds wrong with a page, in words. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(`axe.run().then(({ violations }) => violations.map(
    ({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`);
}

const person = (page: Page, side: "a" | "b") => page.locator(`.person.${side}`);

/** Waits until a column is live with so many rows. */
async function hasRows(column: Locator, count: number): Promise<void> {
  await column.locator(`.pill.live:text-is("live · ${count} ${count === 1 ? "row" : "rows"}")`)
    .waitFor();
}

async function choose(column: Locator, who: string, what: string): Promise<void> {
  await column.getByLabel("Who").selectOption({ label: who });
  await column.getByLabel("What", { exact: true }).selectOption({ label: what });
}

Deno.test("the playground, in a browser", { ignore: !hasChromium() }, async (t) => {
  await using stack = await startPlaygroundStack();
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await t.step("its first rows are there within a second, and it is small", () => isQuick(stack));
    await t.step("two people see what is theirs, and what changes", () => isLive(stack));
    await t.step("what others' rows go with is asked first", () => asksBeforeCascades(stack));
    await t.step("another token leaves what is typed", () => keepsWhatIsTyped(stack));
    await t.step("rows leave with a right, and come back with it", () => rightsCount(stack));
    await t.step("a token that is refused is renewed, and nothing is lost", () => renews(stack));
    await t.step("anybody can be signed in, and ask with a clause", () => asksAnything(stack));
    await t.step("shapes with names can be asked for", () => asksByName(stack));
    await t.step("each request is shown on its way", () => showsRequests(stack));
    await t.step("every attack is refused as it says", () => refusesAttacks(stack));
    await t.step("policies are shown with their rows", () => showsPolicies(stack));
    await t.step(
      "axe finds nothing, in light and dark, wide and narrow",
      () => isAccessible(stack),
    );
    await t.step("it can be used by keyboard alone", () => takesKeys(stack));
    await t.step("its pictures can be taken", () => canBePictured(stack));
  } finally {
    await sql.end({ timeout: 1 });
  }
});

async function isQuick(stack: PlaygroundStack): Promise<void> {
  {
    // The first one makes the shapes.
    await using first = await stack.open();
    await hasRows(person(first.page, "b"), 2);
  }
  await using tab = await stack.open();
  const { page } = tab;
  const transfers = await countTransfers(page);
  let took = Infinity;
  // Of several, for this machine may have others to serve.
  for (let i = 0; i < 5 && took >= 1000; i++) {
    transfers.length = 0;
    await page.goto("about:blank");
    const began = performance.now();
    await page.goto(stack.url, { waitUntil: "commit" });
    await hasRows(person(page, "a"), 1);
    await hasRows(person(page, "b"), 2);
    took = Math.min(took, performance.now() - began);
  }
  const own = transfers.filter(({ url, method }) =>
    method === "GET" && url.startsWith(stack.url) && !url.endsWith("/events")
  );
  const bytes = await sizeOf(own.map(({ url }) => url));
  console.log(
    `first rows after ${Math.round(took)} ms; page of ${own.length} files, ${bytes} bytes`,
  );
  ok(took < 1000, `${took} ms`);
  ok(own.length > 10);
  ok(bytes < BUDGET, `${bytes} bytes`);
}

/** What files are as they are transferred, with nothing in a cache. */
async function sizeOf(urls: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const url of urls) {
    // What fetch gives is opened already.
    const { stdout } = await new Deno.Command("curl", {
      args: [
        "-s",
        "-H",
        "accept-encoding: gzip",
        "-w",
        "%{size_download} %{size_header}",
        "-o",
        "/dev/null",
        url,
      ],
    }).output();
    const sizes = new TextDecoder().decode(stdout).split(" ").map(Number);
    bytes += sizes.reduce((sum, size) => sum + size, 0);
  }
  return bytes;
}

async function isLive(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page, errors } = tab;
  const [alice, bob] = [person(page, "a"), person(page, "b")];
  await choose(alice, "alice", "todos");
  await choose(bob, "bob", "todos");
  await hasRows(alice, 2);
  await hasRows(bob, 1);
  equal(await bob.getByText("Test the anvil").count(), 0);
  match(await alice.locator(".clause").innerText(), /where owner_id = \$1\s+\$1 .*a11c$/);
  match(await alice.locator(".token summary").innerText(), /^Token expires in 1:\d\d:\d\d$/);

  await alice.getByRole("button", { name: "Add a row" }).click();
  await alice.getByLabel(/^title/).fill("Buy rope");
  const began = performance.now();
  await alice.getByRole("button", { name: "Insert" }).click();
  await alice.getByRole("cell", { name: "Buy rope", exact: true }).waitFor();
  const took = performance.now() - began;
  const news = await alice.locator(".news").innerText();
  console.log(`a new row is there after ${Math.round(took)} ms in all: ${news}`);
  match(news, /^1 arrived, \d+ ms after the write$/);
  ok(Number(/(\d+) ms/.exec(news)?.[1]) < 500, news);
  await alice.getByRole("button", { name: "Close" }).click();

  await alice.getByRole("button", { name: "Edit Buy rope" }).click();
  await alice.getByLabel("done").fill("true");
  await alice.getByRole("button", { name: "Save" }).click();
  await alice.locator("tr", { hasText: "Buy rope" }).getByRole("cell", { name: "true" }).waitFor();
  await alice.getByRole("button", { name: "Delete Buy rope" }).click();
  await hasRows(alice, 2);
  await hasRows(bob, 1);
  deepEqual(errors, []);
}

async function asksBeforeCascades(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page } = tab;
  const alice = person(page, "a");
  await choose(alice, "carol", "users");
  await hasRows(alice, 3);
  const asked = page.waitForEvent("dialog");
  // It is answered before the click is over.
  page.once("dialog", (dialog) => void dialog.dismiss());
  await alice.getByRole("button", { name: "Delete" }).first().click();
  match((await asked).message(), /^With a row of users go its rows of .*members.*, for good/);
  await hasRows(alice, 3);
}

async function keepsWhatIsTyped(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page } = tab;
  const alice = person(page, "a");
  await choose(alice, "alice", "todos");
  await hasRows(alice, 2);
  await alice.getByRole("button", { name: /^Edit/ }).first().click();
  await alice.getByLabel("title").fill("Half ty");
  await alice.locator(".token summary").click();
  await alice.getByRole("button", { name: "Ask for another" }).click();
  await page.locator(".entry.a", { hasText: "may I sync todos?" }).nth(1).waitFor();
  await hasRows(alice, 2);
  equal(await alice.getByLabel("title").inputValue(), "Half ty");
}

async function rightsCount(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page, errors } = tab;
  const [alice, bob] = [person(page, "a"), person(page, "b")];
  await hasRows(alice, 1);
  await hasRows(bob, 2);
  for (const count of [1, 2]) {
    await bob.getByRole("switch", { name: "Beta" }).click();
    const where = await bob.locator(".clause").first().innerText();
    // A list is in the token; a subquery is Electric's to follow.
    if (!/\bselect\b.*\bselect\b/is.test(where)) {
      await bob.getByRole("button", { name: "Renew now" }).click();
    }
    await hasRows(bob, count);
    await hasRows(alice, 1);
  }
  deepEqual(errors, []);
}

async function renews(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page } = tab;
  const alice = person(page, "a");
  let refused = 0;
  await page.route(/\/v1\/shape.*table=todos.*$/, async (route) => {
    const isFirstHeld = route.request().url().includes("live=true") && refused++ === 0;
    if (!isFirstHeld) return await route.continue();
    const headers = { "access-control-allow-origin": "*" };
    await route.fulfill({ status: 401, headers, contentType: "application/json", body: "{}" });
  });
  await choose(alice, "alice", "todos");
  const asked = page.locator(".entry.a", { hasText: "may I sync todos?" });
  await asked.nth(1).waitFor();
  await hasRows(alice, 2);
  await alice.getByRole("button", { name: "Add a row" }).click();
  await alice.getByLabel(/^title/).fill("After the renewal");
  await alice.getByRole("button", { name: "Insert" }).click();
  await hasRows(alice, 3);
  await alice.getByRole("button", { name: "Delete After the renewal" }).click();
  await hasRows(alice, 2);
  equal(await asked.count(), 2);
}

async function asksAnything(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page, errors } = tab;
  const [alice, bob] = [person(page, "a"), person(page, "b")];
  await choose(bob, "someone else…", "todos");
  await bob.getByLabel("User id").fill("00000000-0000-4000-8000-00000000ca01");
  await bob.getByLabel("Claims, as JSON").fill('{"app_metadata":{"tenant":"acme"}}');
  await bob.getByRole("button", { name: "Sign in" }).click();
  await hasRows(bob, 0);
  match(await bob.locator(".clause").innerText(), /ca01$/);

  await choose(alice, "alice", "items");
  await alice.getByRole("button", { name: "Clause" }).click();
  await alice.getByLabel("Where").fill("value = $1");
  await alice.getByLabel("Values, as JSON").fill('["a"]');
  await alice.getByRole("button", { name: "Ask" }).click();
  await alice.locator(".clause", { hasText: "from items where value = $1" }).waitFor();
  await hasRows(alice, 0);
  deepEqual(errors, []);

  await choose(alice, "nobody in particular", "todos");
  await alice.getByText("You may not sync table todos.").waitFor();
  await page.locator(".reason", { hasText: "denied" }).waitFor();
  // The browser itself tells of each answer that is an error.
  ok(
    errors.every((error) => /^Failed to load .* 403 .*\/gatekeeper\/todos$/.test(error)),
    `${errors}`,
  );
}

async function asksByName(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page, errors } = tab;
  const alice = person(page, "a");
  await hasRows(alice, 1);
  const names = await alice.locator("optgroup[label='Named shapes'] option").allInnerTexts();
  for (const name of names) {
    await choose(alice, "alice", name);
    await alice.locator(".pill.live").waitFor();
    await page.locator(".entry.a", { hasText: `may I sync ${name}?` }).waitFor();
  }
  deepEqual(errors, []);
}

async function showsRequests(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page } = tab;
  // Who asked for nothing of it before: else the browser's cache would answer.
  await choose(person(page, "a"), "bob", "users");
  await hasRows(person(page, "a"), 3);
  const initial = page.locator(".entry.a", { hasText: "users: from the beginning" });
  await initial.locator(".hop", { hasText: /^Electric (200|304)/ }).waitFor();
  match(await initial.innerText(), /edge 200 ?\d+ ms/);
  await page.locator(".entry.a .hop.held", { hasText: "edge waiting" }).waitFor();
  await initial.locator("summary").click();
  const sent = await initial.locator("pre").allInnerTexts();
  match(sent[0] ?? "", /^GET http:\S+\/v1\/shape\?.*offset=-1[^]*authorization: Bearer eyJ/);
  match(sent[1] ?? "", /queryable_columns=/);
  ok(!/authorization/i.test(sent[1] ?? ""), sent[1]);
  match(sent[2] ?? "", /electric-handle: /);
}

/** What these are refused with, lest something else in the request be what is refused. */
const SAYS: Readonly<Record<string, RegExp>> = {
  order: /order_by names a column that this token doesn't let you query/,
  guess: /unknown reference internal_notes/,
  subquery: /can't hold a subquery/,
};

/** Milliseconds after which the edge has heard of a revocation (`AUTH_REVOCATIONS_INTERVAL`). */
const HEARD_AT_EDGE = 12_000;

async function refusesAttacks(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open("#attack");
  const { page, errors } = tab;
  const lines = await findGuardLines(ROOT);
  const attacks = [...ATTACKS, REVOKED];
  for (const { id, status } of attacks) {
    const card = page.locator(`[data-attack=${id}]`);
    await card.getByRole("button", { name: "Try it" }).click();
    await card.locator(".pill").waitFor();
    equal(await card.locator(".pill").innerText(), `refused with ${status}`);
    const line = lines.find(({ attack }) => attack === id);
    equal(await card.locator(".place").innerText(), `${line?.file}:${line?.line}`);
    equal(await card.locator("pre").last().innerText(), line?.code);
    match(await card.innerText(), /The honest request before it: 200/);
    match(await card.locator(".said").innerText(), SAYS[id] ?? /./);
    ok(await card.locator("mark").count() === 1, id);
  }
  equal(
    await page.locator(".controls [role=status]").innerText(),
    `${attacks.length} of ${attacks.length} refused`,
  );
  // The first try on each new target: nobody has waited for that token's revocation.
  for (const table of ["items", "documents", "items"]) {
    await page.getByLabel("For table").selectOption(table);
    const card = page.locator("[data-attack=revoked]");
    await card.locator(".pill").waitFor({ state: "detached" });
    await card.getByRole("button", { name: "Try it" }).click();
    equal(await card.locator(".pill").innerText(), "refused with 401", table);
  }
  // By then the edge has heard of it, too.
  await new Promise((resolve) => setTimeout(resolve, HEARD_AT_EDGE));
  await page.getByRole("button", { name: "Try all" }).click();
  await page.getByText(`${attacks.length - 2} of ${attacks.length - 2} refused, 2 don't apply`)
    .waitFor();
  match(await page.locator("[data-attack=guess]").innerText(), /nothing to try/);
  ok(errors.every((error) => /^Failed to load .* (400|401|403) /.test(error)), `${errors}`);
}

async function showsPolicies(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open("#policies");
  const { page, errors } = tab;
  await page.locator(".panel[aria-busy=false]").waitFor();
  const outcome = (table: string, who: string) =>
    page.locator(`article[aria-label=${table}] .outcome`, {
      has: page.getByRole("heading", { name: who, exact: true }),
    });
  const bob = await outcome("documents", "bob").innerText();
  match(bob, /2 in Postgres, 2 synced/);
  match(
    bob,
    /by row-level security\s+where organisation_id IN \(SELECT organisation_id FROM public\.members/,
  );
  match(
    await outcome("todos", "alice").innerText(),
    /2 in Postgres, 2 synced\s+select \* from todos where owner_id = \$1/,
  );
  match(await outcome("todos", "nobody").innerText(), /refused\s+You may not sync table todos/);
  match(await outcome("members", "alice").innerText(), /refused/);
  match(
    await page.locator("article[aria-label=documents]").innerText(),
    /“those of the user's organisations”/,
  );
  equal(await page.locator(".outcome .pill.bad:not(:text-is('refused'))").count(), 0);
  deepEqual(errors, []);
}

async function isAccessible(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page } = tab;
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of TEST_ALL ? [1280, 390] : [colorScheme === "light" ? 390 : 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      for (const hash of ["", "#attack", "#policies"]) {
        await page.goto("about:blank");
        await page.goto(stack.url + hash);
        await settle(page, hash);
        deepEqual(await violations(page), [], `${hash} ${colorScheme} ${width}`);
        const wide: number = await page.evaluate("document.documentElement.scrollWidth");
        ok(wide <= width, `${hash} is ${wide} wide at ${width}`);
      }
    }
  }
}

/** Opens whatever a view has to open. */
async function settle(page: Page, hash: string): Promise<void> {
  if (hash === "#attack") {
    await page.getByRole("button", { name: "Try all" }).click();
    const count = await page.locator("[data-attack]").count();
    await page.locator(".controls [role=status]", { hasText: `${count} of ${count} refused` })
      .waitFor();
    return;
  }
  if (hash === "#policies") return await page.locator(".panel[aria-busy=false]").waitFor();
  const alice = person(page, "a");
  await hasRows(alice, 1);
  await alice.getByRole("button", { name: "Add a row" }).click();
  await alice.getByRole("button", { name: "Clause" }).click();
  await alice.locator(".token summary").click();
  const bob = person(page, "b");
  await bob.getByLabel("Who").selectOption({ label: "someone else…" });
  await bob.getByRole("button", { name: /^Edit/ }).first().click();
  await page.locator(".entry summary").first().click();
}

async function takesKeys(stack: PlaygroundStack): Promise<void> {
  await using tab = await stack.open();
  const { page } = tab;
  await hasRows(person(page, "b"), 2);
  const reached = new Set<string>();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    reached.add(
      await page.evaluate(
        "document.activeElement.innerText || document.activeElement.getAttribute('role') || document.activeElement.id",
      ),
    );
  }
  for (
    const name of ["Attack", "Policies", "Clause", "switch", "Edit", "Delete", "Add a row", "Pause"]
  ) {
    ok(reached.has(name), `${name} in ${[...reached]}`);
  }
  await person(page, "b").getByRole("switch", { name: "Beta" }).focus();
  await page.keyboard.press("Space");
  await person(page, "b").locator(".note").waitFor();
  const done = page.waitForResponse(/\/playground\/rights$/);
  await page.keyboard.press("Space");
  await done;
  await page.getByRole("link", { name: "Policies" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Policies" }).waitFor();
}

async function canBePictured(stack: PlaygroundStack): Promise<void> {
  await using folder = await tempDir();
  await using tab = await stack.open();
  const { page } = tab;
  await takeScreenshots(page, stack.url, folder.path);
  for (const { name, width } of VIEWS) {
    for (const path of [`${folder.path}/${name}.png`, `${ROOT}/docs/${name}.png`]) {
      const bytes = await Deno.readFile(path);
      // A PNG says its width in bytes 16 to 19.
      equal(new DataView(bytes.buffer).getUint32(16), width * 2, path);
    }
  }
}
