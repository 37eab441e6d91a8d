import { definePolicies, ownRows, rows } from "electric-gatekeeper";

/** Who may sync what; a table that isn't here is nobody's. */
export const policies = definePolicies({
  lists: ownRows("owner_id"), // the rows whose owner_id is the user's id
  // The todos of these lists; Electric follows the subquery as lists come and go.
  todos: ({ user }) => user && rows`list_id in (select id from lists where owner_id = ${user.id})`,
});
