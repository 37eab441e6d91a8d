import { definePolicies, rls } from "electric-gatekeeper";

/** Who may sync what; a table that isn't here is nobody's. */
export const policies = definePolicies({
  notes: rls, // what Postgres's own row-level security gives the user
});
