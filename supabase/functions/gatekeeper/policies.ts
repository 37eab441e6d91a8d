import {
  allow,
  definePolicies,
  defineShapes,
  from,
  ownRows,
  rls,
  rows,
  shape,
} from "electric-gatekeeper";

/**
 * Who may sync what. Yours to edit: a table that isn't here is nobody's.
 *
 * A policy is `allow`, or a function of `{ user, shape, sql }` that answers true, false or the rows
 * that this user gets. These are for the example in supabase/.
 */
export const policies = definePolicies({
  // Anyone, any rows.
  items: allow,

  // Own rows: those whose owner_id is the user's id.
  todos: ownRows("owner_id"),

  // Everyone who has signed in may see who there is, but not how to reach them.
  users: ({ user }) => user && rows`true`.columns("id", "name"),

  // Those that the user belongs to. Electric follows the subquery: whoever leaves one loses it at once.
  organisations: ({ user }) =>
    user && rows`id in (select organisation_id from members where user_id = ${user.id})`,

  // What Postgres's own row-level security gives the user: those of their organisations, live as well,
  // and without the notes, which nobody was granted. The policy is in supabase/migrations/.
  documents: rls,
});

/** Shapes that clients ask for by name: docs/shapes.md has those with arguments. */
export const shapes = defineShapes({
  // What the user has still to do, and nothing of it but what a list shows.
  openTodos: shape({
    get: ({ user }) =>
      user && from("todos").rows`owner_id = ${user.id} and done = ${false}`.columns("id", "title"),
  }),
});
