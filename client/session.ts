import { type Authorization, type SupabaseAuth, supabaseAuthOf } from "./authorization.ts";
import { type Ask, askAt } from "./gatekeeper.ts";
import { type GrantKeeper, keepGrant } from "./grant_keeper.ts";
import { nameOf, type Question } from "./question.ts";
import { remember } from "./remember.ts";

/** A grant that was asked for with these credentials; others ask for their own. */
interface Granted {
  readonly credentials: string | undefined;
  readonly keeper: GrantKeeper;
}

/** One user's streams, as far as can be seen: those of one token, one function, or one Supabase client. */
export interface Session {
  /** Like no other's on any page, so that nothing that is kept by URL is shared between users. */
  readonly id: string;
  readonly over: AbortController;
  /** By what was asked for, of whom. */
  readonly grants: Map<string, Granted>;
}

const sessions = new Map<unknown, Session>();
const gatekeepers = new Map<string, Ask>();

/**
 * The session of credentials, or of a `fetch` that may carry some itself, as with cookies; a new one after a
 * sign-out, or when another user has signed in.
 */
export function sessionOf(owner: Authorization | typeof fetch | undefined): Session {
  const auth = supabaseAuthOf(owner);
  return remember(sessions, auth ?? owner, () => {
    const over = new AbortController();
    if (auth) endWithUser(auth, over);
    return { id: String(Math.random()), over, grants: new Map() };
  });
}

/** What is asked for, and of whom. */
export interface Asked {
  /** Base URL of the gatekeeper, without a slash at its end. */
  readonly gatekeeper: string;
  readonly question: Question;
  readonly fetchClient: typeof fetch;
}

/** The keeper of what is asked for, one for all of a session who ask with the same credentials. */
export function keeperIn(
  { grants }: Session,
  { gatekeeper, question, fetchClient }: Asked,
  credentials: string | undefined,
): GrantKeeper {
  const at = sessionOf(fetchClient).id + gatekeeper;
  const key = at + JSON.stringify(question);
  const known = grants.get(key);
  if (known && known.credentials === credentials) return known.keeper;
  const ask = remember(gatekeepers, at, () => askAt(gatekeeper, fetchClient));
  const keeper = keepGrant(nameOf(question), () => ask(question, credentials));
  grants.set(key, { credentials, keeper });
  return keeper;
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

/** Ends a Supabase client's session when its user changes. */
function endWithUser(auth: SupabaseAuth, over: AbortController): void {
  let user: string | undefined | null = null;
  auth.onAuthStateChange?.((_event, session) => {
    const before = user;
    user = session?.user.id;
    if (before === null || before === user) return;
    if (sessions.get(auth)?.over === over) sessions.delete(auth);
    over.abort();
  });
}
