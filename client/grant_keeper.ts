import type { Ask } from "./gatekeeper.ts";
import type { Grant } from "./grant.ts";
import type { Question } from "./question.ts";

/** Pause after a renewal ahead of time that failed, in milliseconds. */
const PAUSE = 5000;

/**
 * Gives the grant of now, but not one that the proxy refused; `credentials` are those of now, should it need
 * them. One that soon expires is renewed meanwhile: where that fails, the stream hears of it when the token that
 * it has is of no more use. Rejects when there is none.
 */
export type GrantKeeper = (credentials: string, refused?: Grant) => Promise<Grant>;

/** Keeps one grant fresh for all streams that use it: one renewal at a time, of which all get the result. */
export function keepGrant(question: Question, ask: Ask): GrantKeeper {
  let current: Grant | undefined;
  let renewal: Promise<Grant> | undefined;
  let renewAt = 0;
  let expiresAt = 0;

  const renew = async (credentials: string) => {
    current = await ask(question, credentials);
    const lifetime = current.expiresAt - Date.now();
    // A token that has expired on arrival shows that our clock is wrong; then only the proxy's word counts.
    expiresAt = lifetime > 0 ? current.expiresAt : Infinity;
    renewAt = expiresAt - Math.min(60_000, lifetime / 10);
    return current;
  };

  return async (credentials, refused) => {
    const now = Date.now();
    const grant = current !== refused && now < expiresAt && current;
    if (grant && !(now >= renewAt)) return grant;
    renewal ??= renew(credentials).finally(() => renewal = undefined);
    if (!grant) return await renewal;
    renewal.catch(() => renewAt = Date.now() + PAUSE);
    return grant;
  };
}
