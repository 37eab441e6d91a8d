import type { Sql } from "postgres";
import { userOf } from "./users.ts";

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * `POST /api/todos`: adds a todo to a list of the user's own. Answers the id of the transaction, which
 * Electric sends with the row: when the client has seen it there, its own guess can go.
 */
export async function addTodo(request: Request, sql: Sql): Promise<Response> {
  const user = await userOf(request);
  if (user === null) return refuse(401, "Sign in first.");
  const { id, list_id, title } = Object(await request.json().catch(() => null));
  if (!UUID.test(id) || !UUID.test(list_id) || typeof title !== "string") {
    return refuse(400, "A todo has an id, a list_id and a title.");
  }
  const [added] = await sql<{ txid: string }[]>`
    insert into todos (id, owner_id, list_id, title)
    select ${id}, owner_id, lists.id, ${title} from lists
    where lists.id = ${list_id} and owner_id = ${user}
    on conflict do nothing
    returning pg_current_xact_id()::xid::text as txid`;
  if (added === undefined) return refuse(403, "You can't add that to this list.");
  return Response.json({ txid: Number(added.txid) });
}

function refuse(status: number, message: string): Response {
  return Response.json({ message }, { status });
}
