import { type Authorization, readAuthorization } from "./authorization.ts";
import { GatekeeperError } from "./error.ts";
import type { Grant } from "./grant.ts";
import { holderOf } from "./holder.ts";
import { withDeletes } from "./move_out.ts";
import { nameOf, type Question } from "./question.ts";
import { keeperIn, sessionOf } from "./session.ts";
import { sleep } from "./sleep.ts";

/** New tokens in a row that the proxy may refuse before we give up. */
const MOST_REFUSED = 3;

/**
 * Gives the `fetch` of one stream: it asks the proxy that the gatekeeper names for the shape that it grants, with
 * a token that is fresh. Of the URL that the stream asks for, it takes where in the log the stream is.
 *
 * Rejects with a `GatekeeperError` when there is no grant.
 */
export function streamFetch(
  gatekeeper: string,
  question: Question,
  authorization: Authorization | undefined,
  fetchClient: typeof fetch,
): (asked: string, init?: RequestInit) => Promise<Response> {
  const session = sessionOf(authorization);
  const followed = withDeletes();
  return async (asked, init) => {
    const { search, searchParams } = new URL(asked);
    const headers = new Headers(init?.headers);
    let refused: Grant | undefined;
    for (let tries = 0;; tries++) {
      // With each request, so that another user is seen.
      const credentials = await readAuthorization(authorization);
      const holder = holderOf(credentials);
      const keeper = keeperIn(session, holder, gatekeeper, question, fetchClient);
      const grant = await keeper(credentials, refused);
      headers.set("authorization", grant.authorization);
      const response = await fetchClient(toProxy(search, grant), { ...init, headers });
      if (response.status !== 401) return followed(response, searchParams);
      await response.body?.cancel();
      if (tries === MOST_REFUSED) {
        const message = `${grant.url} refuses the gatekeeper's tokens.`;
        throw new GatekeeperError("not_accepted", message, nameOf(question));
      }
      await sleep(1000 * Math.random() * tries);
      refused = grant;
    }
  };
}

/** The URL to ask, as the official client itself would write it for this grant. */
function toProxy(search: string, grant: Grant): string {
  const url = new URL(grant.url);
  url.search = search;
  for (const [name, value] of grant.params) url.searchParams.set(name, value);
  url.searchParams.sort();
  return url.href;
}
