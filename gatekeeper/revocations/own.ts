import type { RevocationsConfig } from "../../edge/config.ts";
import { type FollowedRevocations, followRevocations } from "../../edge/revocations.ts";
import { LONGEST_LIFE } from "../../shared/revocations.ts";
import type { Database } from "../database/database.ts";
import { createReadList, type Reading } from "./read_list.ts";

/** Milliseconds between two looks into the database, while somebody asks. */
const INTERVAL = 400;

/** Milliseconds that one look may take. */
const LIMIT = 5000;

/**
 * Seconds that an entry is told of: longer than any token that it concerns is good, with the most that
 * clocks may differ at both ends. The same for all gatekeepers, or one would undo what another told.
 */
const TOLD = LONGEST_LIFE + 600;

/** The gatekeeper's own list, which it knows from the database. */
export interface OwnRevocations extends FollowedRevocations {
  /**
   * Seconds since the epoch by our clock or the database's, whichever is behind: a token must not seem to
   * be issued after what the database says was revoked after it.
   */
  now(): number;
}

/**
 * Follows what the database says is revoked; the same for all gatekeepers that it has. `database` should
 * be a pool of its own, or slow decisions would keep it waiting.
 */
export function followDatabase(
  database: Database,
  { maxAge, required }: RevocationsConfig,
  log: (line: string) => void,
): OwnRevocations {
  const onMissing = () =>
    log(
      "the database has no gatekeeper.revocations, so no token can be revoked: " +
        "`npx electric-gatekeeper init` has the migration",
    );
  const read = oneAtATime(database, createReadList(database, TOLD, onMissing));
  let behind = 0;
  const followed = followRevocations({
    async load() {
      const { list, ahead } = await read();
      behind = Math.min(0, ahead);
      return list;
    },
    interval: INTERVAL,
    maxAge: 1000 * maxAge,
    required,
    isolated: false,
    log,
  });
  return { ...followed, now: () => Math.floor((Date.now() + behind) / 1000) };
}

/** Lets those who ask while one reads have what it reads, and gives up a connection that doesn't answer. */
function oneAtATime(database: Database, read: () => Promise<Reading>): () => Promise<Reading> {
  let reading: Promise<Reading> | null = null;

  async function readInTime(): Promise<Reading> {
    const { sql } = database;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      database.replace(sql);
      reject(new Error("the database doesn't answer"));
    }, LIMIT);
    try {
      return await Promise.race([read(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  return () => reading ??= readInTime().finally(() => reading = null);
}
