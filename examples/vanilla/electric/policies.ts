import { allow, definePolicies } from "electric-gatekeeper";

/** Who may sync what; a table that isn't here is nobody's. */
export const policies = definePolicies({
  items: allow, // anyone, any rows
});
