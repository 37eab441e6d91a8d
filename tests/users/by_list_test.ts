import { deepEqual, equal } from "node:assert/strict";
import { decodeJwt } from "jose";
import { ask, BY_LIST, get, signIn, snapshot, startUsersStack, USERS } from "./stack.ts";

Deno.test("rights in a list are as old as the token", async (t) => {
  const env = { AUTH_TOKEN_TTL: "6", AUTH_CLOCK_TOLERANCE: "0" };
  await using stack = await startUsersStack(env, { file: BY_LIST });
  const { sql, gatekeeper } = stack;
  const [alice, bob, carol] = await Promise.all([signIn("alice"), signIn("bob"), signIn("carol")]);

  await t.step(
    "users with the same rights share one shape, with the policy's columns",
    async () => {
      await sql`delete from members where user_id = ${USERS.bob} and organisation_id::text like '%be'`;
      const [forAlice, forBob] = await Promise.all([
        ask(gatekeeper.url, "documents", alice),
        ask(gatekeeper.url, "documents", bob),
      ]);
      deepEqual(forAlice.params, forBob.params);
      const rows = await snapshot(forBob);
      deepEqual(rows.map(({ value }) => Object.keys(value).sort()), [
        ["body", "id", "organisation_id", "title"],
      ]);
    },
  );

  await t.step(
    "a removed member gets no new token; the old one is good until its end",
    async () => {
      const before = await ask(gatekeeper.url, "documents", carol);
      equal((await snapshot(before)).length, 1);
      await sql`delete from members where user_id = ${USERS.carol}`;
      const after = await ask(gatekeeper.url, "documents", carol);
      equal(after.status, 403);
      equal(after.headers, undefined);
      equal((await snapshot(before)).length, 1);
      const { exp = 0 } = decodeJwt(before.headers.Authorization.slice(7));
      await new Promise((resolve) => setTimeout(resolve, exp * 1000 - Date.now() + 50));
      equal((await get(before)).status, 401);
    },
  );
});
