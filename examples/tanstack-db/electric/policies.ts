import { definePolicies, ownRows } from "electric-gatekeeper";

/** Who may sync what; a table that isn't here is nobody's. */
export const policies = definePolicies({
  lists: ownRows("owner_id"), // the rows whose owner_id is the user's id
  todos: ownRows("owner_id"),
});
