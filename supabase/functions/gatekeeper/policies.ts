import {
  allow,
  definePolicies,
  defineShapes,
  from,
  ownRows,
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

  // Those that the user belongs to: ask the database.
  organisations: async ({ user, sql }) => {
    if (user === null) return false;
    const own = await sql`select organisation_id from members where user_id = ${user.id}`;
    return rows`id = any(${own})`;
  },

  // Those of the user's organisations, without the notes; without an organisation, none.
  documents: async ({ user, sql }) => {
    if (user === null) return false;
    const own = await sql`select organisation_id from members where user_id = ${user.id}`;
    return own.length > 0 &&
      rows`organisation_id = any(${own})`.columns("id", "organisation_id", "title", "body");
  },
});

/** Shapes that clients ask for by name: docs/shapes.md has those with arguments. */
export const shapes = defineShapes({
  // What the user has still to do, and nothing of it but what a list shows.
  openTodos: shape({
    get: ({ user }) =>
      user && from("todos").rows`owner_id = ${user.id} and done = ${false}`.columns("id", "title"),
  }),
});
