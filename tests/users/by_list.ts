import { createGatekeeper, definePolicies, rows } from "electric-gatekeeper";

/** Rights that are looked up when a token is made: the list is in the token, until its end. */
export const policies = definePolicies({
  documents: async ({ user, sql }) => {
    if (user === null) return false;
    const own = await sql`select organisation_id from members where user_id = ${user.id}`;
    return own.length > 0 &&
      rows`organisation_id = any(${own})`.columns("id", "organisation_id", "title", "body");
  },
});

export default createGatekeeper({ policies });
