import assert from "node:assert/strict";
import { Shape, ShapeStream } from "@electric-sql/client";
import { createCollection } from "@tanstack/db";
import { electricCollectionOptions } from "@tanstack/electric-db-collection";
import { failWithStream } from "../../client/collection.ts";
import { GatekeeperError, gatekeeperShape } from "../../client/gatekeeper.ts";
import { BY_LIST, signIn, startUsersStack, USERS, type UsersStack } from "../users/stack.ts";

const ADDED = "00000000-0000-4000-8000-0000000000f1";

interface Watched {
  /** Ids of the rows as the app sees them now. */
  readonly ids: () => string[];
  readonly isReady: () => boolean;
  readonly hasFailed: () => boolean;
  readonly stop: () => Promise<void>;
}

type Start = (shape: Awaited<ReturnType<typeof gatekeeperShape>>) => Watched;

/** What an app may follow a shape with. */
const FOLLOWERS: Readonly<Record<string, Start>> = {
  "Shape": (options) => {
    const over = new AbortController();
    const stream = new ShapeStream<{ id: string }>({ ...options, signal: over.signal });
    let hasEnded = false;
    stream.subscribe(() => {}, () => hasEnded = true);
    // @ts-expect-error: the client's own types don't agree under exactOptionalPropertyTypes.
    const shape = new Shape<{ id: string }>(stream);
    return {
      ids: () => shape.currentRows.map(({ id }) => id),
      isReady: () => stream.isUpToDate,
      hasFailed: () => hasEnded,
      stop: () => Promise.resolve(over.abort()),
    };
  },
  "a TanStack DB collection": (shapeOptions) => {
    const options = electricCollectionOptions<{ id: string }>({
      shapeOptions,
      getKey: ({ id }) => id,
    });
    const collection = createCollection(failWithStream(options, shapeOptions));
    collection.startSyncImmediate();
    return {
      ids: () => collection.toArray.map(({ id }) => id),
      isReady: () => collection.status === "ready",
      hasFailed: () => collection.status === "error",
      stop: () => collection.cleanup(),
    };
  },
};

for (const [name, start] of Object.entries(FOLLOWERS)) {
  Deno.test(`${name} follows who belongs where, without a reload`, {
    // The official client leaves a timer or two behind when it is told to stop.
    sanitizeOps: false,
    sanitizeResources: false,
  }, async (t) => {
    const env = { AUTH_TOKEN_TTL: "3", AUTH_CLOCK_TOLERANCE: "0" };
    await using stack = await startUsersStack(env, { longPollMs: 1000, file: BY_LIST });
    const { sql } = stack;
    const told: GatekeeperError[] = [];
    const shape = await gatekeeperShape({
      gatekeeperUrl: stack.gatekeeper.url,
      table: "documents",
      authorization: () => signIn("alice"),
      onError: (error) => told.push(error),
    });
    const watched = start(shape);
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
        await until(watched.hasFailed, "an error");
        assert.deepEqual(told.map(({ code, status }) => [code, status]), [["refused", 403]]);
        assert.ok(told[0] instanceof GatekeeperError);
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
