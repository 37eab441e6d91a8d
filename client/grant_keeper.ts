import { GatekeeperError } from "./error.ts";
import type { Grant } from "./grant.ts";

/** New tokens in a row that the proxy may refuse before we give up. */
const MOST_REFUSED = 3;
/** Pause after a renewal ahead of time that failed, in milliseconds. */
const PAUSE = 5000;

/** Keeps one grant fresh for all streams that use it: one renewal at a time, of which all get the result. */
export interface GrantKeeper {
  /**
   * Gives the grant of now. One that soon expires is renewed meanwhile: where that fails, the stream hears of it
   * when the token that it has is of no more use. Rejects when there is none.
   */
  readonly get: () => Promise<Grant>;
  /** Takes note that the proxy took a token. */
  readonly accept: (grant: Grant) => void;
  /** Takes note that the proxy refused a token; settles when another makes sense, rejects after too many. */
  readonly refuse: (grant: Grant) => Promise<void>;
}

/** Keeps the grant that `ask` gets from the gatekeeper, of the shape with this name. */
export function keepGrant(shape: string, ask: () => Promise<Grant>): GrantKeeper {
  let current: Grant | undefined;
  let renewal: Promise<Grant> | undefined;
  let renewAt = 0;
  let expiresAt = 0;
  let refusedInARow = 0;

  const renew = async () => {
    const grant = await ask();
    const lifetime = grant.expiresAt - Date.now();
    // A token that has expired on arrival shows that our clock is wrong; then only the proxy's word counts.
    expiresAt = lifetime > 0 ? grant.expiresAt : Infinity;
    renewAt = expiresAt - Math.min(60_000, lifetime / 10);
    return current = grant;
  };

  return {
    async get() {
      const now = Date.now();
      const grant = now < expiresAt && current;
      if (grant && !(now >= renewAt)) return grant;
      renewal ??= renew().finally(() => renewal = undefined);
      if (!grant) return await renewal;
      renewal.catch(() => renewAt = Date.now() + PAUSE);
      return grant;
    },
    accept(grant) {
      if (grant === current) refusedInARow = 0;
    },
    async refuse(grant) {
      // Several streams had it refused; it counts once.
      if (grant !== current) return;
      current = undefined;
      if (refusedInARow === MOST_REFUSED) {
        const message = `${grant.url} refuses the gatekeeper's tokens.`;
        throw new GatekeeperError("not_accepted", message, shape);
      }
      await new Promise((done) => setTimeout(done, 1000 * Math.random() * refusedInARow++));
    },
  };
}
