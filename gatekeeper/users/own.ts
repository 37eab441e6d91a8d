import { Refusal } from "../../shared/refusal.ts";
import type { Authenticate, User } from "./authenticate.ts";

/** Who asks, as your own code says it. */
export interface OwnUser {
  /** Stable for a person; signed into tokens as `sub`. */
  readonly id: string;
  /** `authenticated` where you don't say. */
  readonly role?: string;
  readonly email?: string;
  /** Whatever your policies decide by besides. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/**
 * Gives the user of a request, or `null` for nobody in particular. `fromToken` is our own look at the
 * access token in `Authorization`: call it to join it with yours.
 *
 * ```ts ignore
 * createGatekeeper({ policies, authenticate: async (request, fromToken) =>
 *   await userOfSession(request.headers.get("cookie")) ?? await fromToken() });
 * ```
 */
export type OwnAuthenticate = (
  request: Request,
  fromToken: () => Promise<User | null>,
) => OwnUser | null | Promise<OwnUser | null>;

/** Our own look at who asks, unless the user of this library has another. */
export function joinAuthenticate(
  own: OwnAuthenticate | undefined,
  ours: Authenticate,
): Authenticate {
  if (own === undefined) return ours;
  return async (request) => {
    const user = await own(request, () => ours(request));
    return user === null || user === undefined ? null : asUser(user);
  };
}

function asUser({ id, role = "authenticated", email, claims = {} }: OwnUser): User {
  const isId = typeof id === "string" && id !== "" && id.isWellFormed() && !/\p{Cc}/u.test(id);
  if (!isId) throw notAUser();
  return { id, role, ...(email !== undefined && { email }), claims };
}

function notAUser(): Refusal {
  const message = "Who asks can't be told; the gatekeeper's log says why.";
  return new Refusal(500, "authenticate_failed", message)
    .because("authenticate must give null, or a user with a text as id");
}
