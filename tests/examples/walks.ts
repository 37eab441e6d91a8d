import { equal, match, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { PEOPLE } from "./auth_server.ts";
import { showsLines } from "./lines.ts";
import type { RunningExample } from "./running_example.ts";

/** What is done with an example; gives how long a change in the database took to show, in milliseconds. */
export type Walk = (example: RunningExample) => Promise<number>;

const vanilla: Walk = async ({ page, sql, runReadmeSql }) => {
  await showsLines(page, ["Bread", "Butter"]);
  await runReadmeSql();
  await showsLines(page, ["Bread", "Butter", "Jam"]);
  equal(await page.getByRole("status").textContent(), "3 items");
  await sql`delete from items where value = 'Bread'`;
  return await showsLines(page, ["Butter", "Jam"]);
};

const react: Walk = async ({ page, sql, runReadmeSql }) => {
  await page.getByRole("button", { name: "alice" }).click();
  await showsLines(page, ["Call Bob", "Test the anvil"]);
  await sql`
    insert into todos (owner_id, title) select distinct owner_id, 'Buy rope' from todos
    where title = 'Call Bob'`;
  const took = await showsLines(page, ["Buy rope", "Call Bob", "Test the anvil"]);
  await page.getByRole("button", { name: "bob" }).click();
  await showsLines(page, ["Write invitations"]);
  await page.getByRole("button", { name: "alice" }).click();
  await showsLines(page, ["Buy rope", "Call Bob", "Test the anvil"]);
  await runReadmeSql();
  await showsLines(page, ["Buy rope!", "Call Bob!", "Test the anvil!"]);
  return took;
};

const tanstackDb: Walk = async ({ page, sql, runReadmeSql }) => {
  await page.getByRole("button", { name: "alice" }).click();
  await showsLines(page, ["Home: Water the plants", "Work: Test the anvil"]);
  await runReadmeSql();
  await showsLines(page, ["Garden: Water the plants", "Work: Test the anvil"]);

  await addsAtOnce(page);
  const added = ["Garden: Rake the leaves", "Garden: Water the plants", "Work: Test the anvil"];
  await showsLines(page, added);
  equal((await sql`select from todos where title = 'Rake the leaves'`).length, 1);
  await takesBackWhatIsRefused(page);
  await showsLines(page, added);

  const [party] = await sql<{ id: string }[]>`select id from lists where name = 'Party'`;
  const alice = await page.evaluate(async () => {
    const answer = await fetch("/api/sign-in", { method: "POST", body: "alice" });
    return await answer.text();
  });
  equal(await statusOfAdding(page, party?.id, `Bearer ${alice}`), 403);
  equal(await statusOfAdding(page, party?.id, `Bearer ${alice}x`), 401);
  equal((await sql`select from todos where title = 'Not mine'`).length, 0);

  await waitsForTheRow(page);
  await showsLines(page, added);

  await page.getByRole("button", { name: "bob" }).click();
  await showsLines(page, ["Party: Write invitations"]);
  await sql`delete from todos where title = 'Write invitations'`;
  return await showsLines(page, []);
};

/** A todo that is added shows before the example's server has heard of it, and once it has answered. */
async function addsAtOnce(page: Page): Promise<void> {
  let letThrough = () => {};
  const held = new Promise<void>((resolve) => letThrough = resolve);
  await page.route("**/api/todos", async (route) => {
    await held;
    await route.continue();
  });
  await add(page, "Rake the leaves");
  await page.getByText("Garden: Rake the leaves").waitFor({ timeout: 1000 });
  const answered = page.waitForResponse("**/api/todos");
  letThrough();
  const { txid } = await (await answered).json();
  match(String(txid), /^\d+$/);
  await page.unroute("**/api/todos");
}

/** A todo that the server refuses leaves the list again, and the page says why. */
async function takesBackWhatIsRefused(page: Page): Promise<void> {
  const refusal = { status: 403, json: { message: "Not today." } };
  await page.route("**/api/todos", (route) => route.fulfill(refusal));
  await add(page, "Sleep in");
  await page.getByRole("alert").filter({ hasText: "Not today." }).waitFor();
  await page.unroute("**/api/todos");
}

/** A todo counts as added when its row has come: here it never does, and TanStack DB gives up after five seconds. */
async function waitsForTheRow(page: Page): Promise<void> {
  const txid = 4_000_000_000;
  await page.route("**/api/todos", (route) => route.fulfill({ json: { txid } }));
  await add(page, "Wait for me");
  await page.getByText("Garden: Wait for me").waitFor({ timeout: 1000 });
  await page.getByRole("alert").filter({ hasText: `Timeout waiting for txId: ${txid}` }).waitFor();
  await page.unroute("**/api/todos");
}

async function add(page: Page, title: string): Promise<void> {
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("List").selectOption("Garden");
  await page.getByRole("button", { name: "Add" }).click();
}

/** Asks the example's server to add a todo, by hand. */
async function statusOfAdding(
  page: Page,
  list_id: string | undefined,
  authorization: string,
): Promise<number> {
  const response = await page.request.post(new URL("/api/todos", page.url()).href, {
    headers: { authorization },
    data: { id: crypto.randomUUID(), list_id, title: "Not mine" },
  });
  return response.status();
}

const supabaseAuth: Walk = async ({ page, sql, runReadmeSql }) => {
  const forAll = "Welcome. This note is for all who have signed in.";
  const { "alice@example.com": alice, "bob@example.com": bob } = PEOPLE;
  await sql`insert into notes (owner_id, text) values (${alice}, 'Alice''s'), (${bob}, 'Bob''s')`;
  await page.getByText("Nobody has signed in.").waitFor();
  await signIn(page, "alice@example.com");
  await showsLines(page, ["Alice's", forAll]);
  await sql`insert into notes (owner_id, text) values (${alice}, 'Another')`;
  const took = await showsLines(page, ["Alice's", "Another", forAll]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await showsLines(page, []);
  await signIn(page, "bob@example.com");
  await showsLines(page, ["Bob's", forAll]);
  ok(await page.getByText("bob@example.com").isVisible());
  await runReadmeSql({ id: bob });
  await showsLines(page, ["Bob's", "Only for me", forAll]);
  return took;
};

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("secret");
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Every example, by its folder. */
export const EXAMPLES: Readonly<Record<string, Walk>> = {
  "vanilla": vanilla,
  "react": react,
  "tanstack-db": tanstackDb,
  "supabase-auth": supabaseAuth,
};
