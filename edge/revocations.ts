import { Refusal } from "../shared/refusal.ts";
import { type RevocationList, type Revocations, revokedUntil } from "../shared/revocations.ts";
import { createSparseLog } from "../shared/sparse_log.ts";

/** Milliseconds between two tries while there is no list at all. */
const FIRST_PACE = 1000;

/** Milliseconds that a load may begin later than `interval` while requests come. */
const SLACK = 300;

/** Milliseconds between two lines of the log that say the same. */
const LOG_PAUSE = 600_000;

/** How a list of revocations is had, and what if it can't be. */
export interface Following {
  /** Gets the list as it is now; must settle within seconds. */
  readonly load: () => Promise<RevocationList>;
  /** Milliseconds between the beginnings of two loads, at least. */
  readonly interval: number;
  /** Milliseconds after which a list is too old. */
  readonly maxAge: number;
  /** Whether nobody is let in without a list that is young enough. */
  readonly required: boolean;
  /** Whether each request must load the first list for itself, as where none may wait for another's. */
  readonly isolated: boolean;
  readonly log: (line: string) => void;
}

/** Revocations of which a list is kept in memory. */
export interface FollowedRevocations extends Revocations {
  /** The last good list, after a load if it is time for one; `null` if there has been none. */
  latest(): Promise<RevocationList | null>;
}

/**
 * Keeps a list of revocations: loaded when first asked for, and again while it is asked about, which a
 * request that is held does all the time. A request waits only for the first list, and for one that
 * nobody has asked about for a while. The last good one stays while none can be had, and never gives
 * way to an older one.
 */
export function followRevocations(following: Following): FollowedRevocations {
  const { load, interval, maxAge, required, isolated } = following;
  const log = createSparseLog(following.log, LOG_PAUSE);
  let list: RevocationList | null = null;
  let begun = -Infinity;
  let loading: Promise<void> = Promise.resolve();
  let awaited: Promise<void> | null = null;

  async function reload(): Promise<void> {
    try {
      const loaded = await load();
      const isOlder = list !== null && loaded.issuedAt < list.issuedAt;
      if (isOlder) log("the list of revocations is older than the last one, which stays");
      else list = loaded;
    } catch (error) {
      const reason = error instanceof Refusal ? error.reason : "unreachable";
      log(`no good list of revocations (${reason}); the last one stays`);
    }
  }

  /** Begins a load if it is time. One that never ends, since its request has, isn't waited for. */
  function refresh(): void {
    const pace = list === null ? Math.min(FIRST_PACE, interval) : interval;
    if (Date.now() - begun >= pace) begin();
  }

  function begin(): void {
    begun = Date.now();
    loading = reload();
  }

  function isYoung(): boolean {
    return list !== null && Date.now() - 1000 * list.issuedAt <= maxAge;
  }

  return {
    upToDate() {
      const isQuiet = list === null || Date.now() - begun > interval + SLACK;
      if (!isQuiet && awaited === null) return null;
      if (isolated) begin();
      else refresh();
      return awaited = loading.finally(() => awaited = null);
    },
    checkAge() {
      if (isYoung()) return;
      log(`the list of revocations is too old: ${required ? "nobody is let in" : "going on"}`);
      if (required) throw tooOld();
    },
    isRevoked(token) {
      refresh();
      if (required && !isYoung()) return true;
      return list !== null && token.issuedAt <= revokedUntil(list, token);
    },
    async latest() {
      refresh();
      await loading;
      return list;
    },
  };
}

function tooOld(): Refusal {
  const message = "Which tokens are revoked isn't known now. Try again in a moment.";
  return new Refusal(503, "unavailable", message, { "retry-after": "2" }).because("revocations");
}
