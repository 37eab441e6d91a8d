import { type Authorization, ownerOf } from "./authorization.ts";
import { type Ask, askAt } from "./gatekeeper.ts";
import { type GrantKeeper, keepGrant } from "./grant_keeper.ts";
import type { Question } from "./question.ts";
import { remember } from "./remember.ts";

/** One user's streams, as far as can be seen: those of one token, one function, or one Supabase client. */
export interface Session {
  /** Like no other's on any page, so that nothing that is kept by URL is shared between users. */
  readonly id: string;
  readonly over: AbortController;
  /** Who the grants are of, and those by what was asked for, of whom. */
  holder: string;
  grants: Map<string, GrantKeeper>;
}

const sessions = new Map<unknown, Session>();
const gatekeepers = new Map<string, Ask>();

/**
 * The session of credentials, or of a `fetch` that may carry some itself, as with cookies; a new one after a
 * sign-out, or when another user has signed in.
 */
export function sessionOf(given: Authorization | typeof fetch | undefined): Session {
  const owner = ownerOf(given);
  return remember(sessions, owner, () => {
    const over = new AbortController();
    const session = { id: String(Math.random()), over, holder: "", grants: new Map() };
    let user: string | undefined;
    const see = (_event: string, now: { user: { id: string } } | null) => {
      const id = now?.user.id ?? "";
      user ??= id;
      if (user === id) return;
      if (sessions.get(owner) === session) sessions.delete(owner);
      over.abort();
    };
    if (typeof owner === "object") owner.onAuthStateChange?.(see);
    return session;
  });
}

/** The keeper of what is asked for, one for all of a session's streams; another holder's are forgotten. */
export function keeperIn(
  session: Session,
  holder: string,
  gatekeeper: string,
  question: Question,
  fetchClient: typeof fetch,
): GrantKeeper {
  if (session.holder !== holder) session.grants = new Map();
  session.holder = holder;
  const at = sessionOf(fetchClient).id + gatekeeper;
  const ask = remember(gatekeepers, at, () => askAt(gatekeeper, fetchClient));
  return remember(session.grants, at + JSON.stringify(question), () => keepGrant(question, ask));
}

/**
 * Ends all streams, and forgets all tokens. Options that `gatekeeperShape` gave before are of use again: what is
 * opened with them from now on is the next user's.
 */
export function signOut(): void {
  const before = [...sessions.values()];
  sessions.clear();
  for (const { over } of before) over.abort();
}
