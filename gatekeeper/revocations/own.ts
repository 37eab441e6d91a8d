import type { RevocationsConfig } from "../../edge/config.ts";
import { type FollowedRevocations, followRevocations } from "../../edge/revocations.ts";
import type { GatekeeperConfig } from "../config.ts";
import type { Database } from "../database/database.ts";
import { createReadList } from "./read_list.ts";

/** Milliseconds between two looks into the database, while somebody asks. */
const INTERVAL = 400;

/** Seconds that an entry is kept longer than the last token that it concerns is good. */
const SPARE = 60;

/** The gatekeeper's own list, which it knows from the database. */
export interface OwnRevocations extends FollowedRevocations {
  /**
   * Seconds since the epoch by our clock or the database's, whichever is behind: a token must not seem to
   * be issued after what the database says was revoked after it.
   */
  now(): number;
}

/** Follows what the database says is revoked; the same for all gatekeepers that it has. */
export function followDatabase(
  database: Database,
  { tokenTtl, token }: Pick<GatekeeperConfig, "tokenTtl" | "token">,
  { maxAge, required }: RevocationsConfig,
  log: (line: string) => void,
): OwnRevocations {
  const onMissing = () =>
    log(
      "the database has no gatekeeper.revocations, so no token can be revoked: " +
        "`npx electric-gatekeeper init` has the migration",
    );
  const life = tokenTtl + token.clockTolerance + SPARE;
  const read = createReadList(database, life, onMissing);
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
