import assert from "node:assert/strict";
import { GatekeeperError, gatekeeperShape } from "../../client/index.ts";
import { BY_LIST, signIn, startUsersStack, USERS, type UsersStack } from "../users/stack.ts";
import { FOLLOWERS } from "./followers.ts";
import { TEST_ALL } from "../support/test_all.ts";

const ADDED = "00000000-0000-4000-8000-0000000000f1";

/** One of each kind, of which the others are variants. */
const SOME = ["Shape", "Shape with Server-Sent Events", "a TanStack DB collection"];

for (const [name, follow] of Object.entries(FOLLOWERS)) {
  if (!TEST_ALL && !SOME.includes(name)) continue;
  Deno.test(`${name} follows who belongs where, without a reload`, {
    // The official client leaves a timer or two behind when it is told to stop.
    sanitizeOps: false,
    sanitizeResources: false,
  }, async (t) => {
    const env = { AUTH_TOKEN_TTL: "3", AUTH_CLOCK_TOLERANCE: "0" };
    await using stack = await startUsersStack(env, { longPollMs: 1000, file: BY_LIST });
    const { sql } = stack;
    const told: GatekeeperError[] = [];
    const shape = gatekeeperShape({
      gatekeeper: stack.gatekeeper.url,
      table: "documents",
      authorization: () => signIn("alice"),
      onError: (error) => told.push(error),
    });
    const watched = follow(shape);
    try {
      await until(watched.isReady, "ready");
      const before = await documentsOf(stack);
      await until(() => same(watched.ids(), before), "the first rows");
      await t.step("a new organisation's rows arrive", async () => {
        await sql`insert into organisations (id, name) values (${ADDED}, 'joined')`;
        await sql`insert into documents (id, organisation_id, title, body)
          values (${ADDED}, ${ADDED}, 'theirs', '')`;
        await sql`insert into members (user_id, organisation_id) values (${USERS.alice}, ${ADDED})`;
        await until(() => watched.ids().includes(ADDED), "the new organisation's row");
        assert.deepEqual(watched.ids().sort(), await documentsOf(stack));
        assert.equal(watched.hasFailed(), false);
      });
      await t.step("changes of it arrive live", async () => {
        await sql`delete from documents where id = ${ADDED}`;
        await until(() => same(watched.ids(), before), "the row is gone");
      });
      await t.step("without a right it ends loudly", async () => {
        await sql`delete from members where user_id = ${USERS.alice}`;
        await until(() => told.length > 0, "an error");
        const [error] = told;
        assert.ok(error instanceof GatekeeperError);
        assert.deepEqual([error.code, error.shape], ["refused", "documents"]);
        assert.match(error.message, /answered 403/);
      });
    } finally {
      await watched.stop();
    }
  });
}

/** Ids of Alice's documents, sorted. */
async function documentsOf({ sql }: UsersStack): Promise<string[]> {
  const found = await sql<{ id: string }[]>`select id from documents where organisation_id in
    (select organisation_id from members where user_id = ${USERS.alice}) order by id::text`;
  return found.map(({ id }) => id);
}

function same(ids: string[], sorted: string[]): boolean {
  return ids.sort().join() === sorted.join();
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; !condition();) {
    if (Date.now() > end) throw new Error(`not within 20 s: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
