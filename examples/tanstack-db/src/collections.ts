import { electricCollectionOptions } from "@tanstack/electric-db-collection";
import { createCollection } from "@tanstack/react-db";
import { gatekeeperShape } from "electric-gatekeeper/client";

export type List = { id: string; name: string };
export type Todo = { id: string; list_id: string; title: string };
export type Collections = ReturnType<typeof openCollections>;

const gatekeeper: string = import.meta.env.VITE_GATEKEEPER ?? "http://localhost:4000";

/** The collections of the user whose access token this is. */
export function openCollections(accessToken: string) {
  const user = { gatekeeper, authorization: accessToken };

  const lists = createCollection(electricCollectionOptions<List>({
    getKey: ({ id }) => id,
    shapeOptions: gatekeeperShape({ ...user, table: "lists" }),
  }));

  const todos = createCollection(electricCollectionOptions<Todo>({
    getKey: ({ id }) => id,
    shapeOptions: gatekeeperShape({ ...user, table: "todos" }),
    // What was added shows at once, and stays for good once the row has come with this txid.
    onInsert: async ({ transaction }) => {
      const added = transaction.mutations.map(({ modified }) => addTodo(modified, accessToken));
      return { txid: await Promise.all(added) };
    },
  }));

  return { lists, todos };
}

/** Gives the id of the transaction that has added it. */
async function addTodo(todo: Todo, accessToken: string): Promise<number> {
  const response = await fetch("/api/todos", {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(todo),
  });
  const { txid, message }: { txid: number; message?: string } = await response.json();
  if (!response.ok) throw new Error(message);
  return txid;
}
