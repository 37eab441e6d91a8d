import { deepEqual, equal, match, ok } from "node:assert/strict";
import { decodeJwt } from "jose";
import { follow } from "../sync/followed.ts";
import { ask, signIn, snapshot, startUsersStack, USERS } from "./stack.ts";

// The official client leaves a timer or two behind when it is told to stop.
const lenient = { sanitizeOps: false, sanitizeResources: false };

Deno.test("users sync what the policies give them", lenient, async (t) => {
  await using stack = await startUsersStack({ AUTH_TOKEN_TTL: "6", AUTH_CLOCK_TOLERANCE: "0" });
  const { sql, gatekeeper } = stack;
  const [alice, bob] = await Promise.all([signIn("alice"), signIn("bob")]);

  await t.step("own todos only, also those that come later", async () => {
    const [forAlice, forBob] = await Promise.all([
      ask(gatekeeper.url, "todos", alice),
      ask(gatekeeper.url, "todos", bob),
    ]);
    equal(decodeJwt(forAlice.headers.Authorization.slice(7)).sub, USERS.alice);
    using one = follow(forAlice);
    using two = follow(forBob);
    const titles = (followed: typeof one) =>
      [...followed.rows.values()].map((row) => row["title"]).sort();
    await one.until((rows) => rows.size === 2);
    await two.until((rows) => rows.size === 1);
    deepEqual(titles(one), ["Call Bob", "Test the anvil"]);
    deepEqual(titles(two), ["Write invitations"]);
    await sql`insert into todos (owner_id, title) values (${USERS.alice}, 'a'), (${USERS.bob}, 'b')`;
    await one.until((rows) => rows.size === 3);
    await two.until((rows) => rows.size === 2);
    await sql`update todos set owner_id = ${USERS.bob} where title = 'a'`;
    await one.until((rows) => rows.size === 2);
    await two.until((rows) => rows.size === 3);
    deepEqual(titles(two), ["Write invitations", "a", "b"]);
  });

  await t.step("another's token doesn't open a user's own shape", async () => {
    const { url, params } = await ask(gatekeeper.url, "todos", alice);
    const query = new URLSearchParams({ table: "todos", where: "owner_id = $1", offset: "-1" });
    query.set("params[1]", Object.values(params.params ?? {}).join());
    const { headers } = await ask(gatekeeper.url, "todos", bob);
    const response = await fetch(`${url}?${query}`, { headers });
    equal(response.status, 403);
    await response.body?.cancel();
  });

  await t.step("row-level security chooses rows, and grants choose columns", async () => {
    const rows = await snapshot(await ask(gatekeeper.url, "documents", bob));
    deepEqual(rows.map(({ value }) => value["title"]).sort(), ["Anvil manual", "Beta programme"]);
    deepEqual(Object.keys(rows[0]?.value ?? {}).sort(), ["body", "id", "organisation_id", "title"]);
  });

  await t.step(
    "nobody in particular gets what anyone may see, and a bad token is never nobody",
    async () => {
      equal((await ask(gatekeeper.url, "items")).status, 200);
      for (const table of ["todos", "documents", "users", "organisations", "members", "missing"]) {
        equal((await ask(gatekeeper.url, table)).status, 403, table);
      }
      equal((await ask(gatekeeper.url, "members", alice)).status, 403);
      equal((await ask(gatekeeper.url, "items", `${alice}x`)).status, 401);
      const names = await snapshot(await ask(gatekeeper.url, "users", alice));
      ok(names.every(({ value }) => !("email" in value)));
      equal(names.length, 3);
      const own = await snapshot(await ask(gatekeeper.url, "organisations", alice));
      deepEqual(own.map(({ value }) => value["name"]), ["Acme"]);
    },
  );

  await t.step("columns that a policy leaves out can't be guessed with subsets", async () => {
    const { url, headers } = await ask(gatekeeper.url, "users", alice);
    const query = "table=users&columns=id,name&where=true&offset=now&log=changes_only" +
      `&subset__where=${encodeURIComponent("email like 'a%'")}`;
    const response = await fetch(`${url}?${query}`, { headers });
    equal(response.status, 400);
    match(await response.text(), /email/);
  });
});
