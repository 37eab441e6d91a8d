import { type Authorization, readAuthorization } from "./authorization.ts";
import type { Grant } from "./grant.ts";
import { withDeletes } from "./move_out.ts";
import { type Asked, keeperIn, sessionOf } from "./session.ts";

/** What a stream syncs, from where and as whom. */
export interface StreamOptions extends Asked {
  readonly authorization: Authorization | undefined;
}

/**
 * Gives the `fetch` of one stream: it asks the proxy that the gatekeeper names for the shape that it grants, with
 * a token that is fresh. Of the URL that the stream asks for, it takes where in the log the stream is.
 *
 * Rejects with a `GatekeeperError` when there is no grant.
 */
export function streamFetch(
  options: StreamOptions,
): (asked: string, init?: RequestInit) => Promise<Response> {
  const { authorization, fetchClient } = options;
  const session = sessionOf(authorization);
  const send = withDeletes(fetchClient);
  return async function attempt(asked, init) {
    // With each request, so that another user is seen.
    const credentials = await readAuthorization(authorization);
    const keeper = keeperIn(session, options, credentials);
    const grant = await keeper.get();
    const headers = new Headers(init?.headers);
    headers.set("authorization", grant.authorization);
    const response = await send(toProxy(asked, grant), { ...init, headers });
    if (response.status !== 401) {
      keeper.accept(grant);
      return response;
    }
    await response.body?.cancel();
    await keeper.refuse(grant);
    return await attempt(asked, init);
  };
}

/** The URL to ask, as the official client itself would write it for this grant. */
function toProxy(asked: string, grant: Grant): string {
  const url = new URL(grant.url);
  url.search = new URL(asked).search;
  for (const [name, value] of grant.params) url.searchParams.set(name, value);
  url.searchParams.sort();
  return url.href;
}
