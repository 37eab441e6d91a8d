import { createGatekeeper, definePolicies, rls, rows } from "electric-gatekeeper";

/** Rights that are looked up by Electric, in the clause itself. */
export const policies = definePolicies({
  organisations: ({ user }) =>
    user && rows`id in (select organisation_id from members where user_id = ${user.id})`,
}, { otherwise: rls });

export default createGatekeeper({ policies });
