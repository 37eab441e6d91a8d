import { eq, useLiveQuery } from "@tanstack/react-db";
import { signOut } from "electric-gatekeeper/client";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { type Collections, openCollections } from "./collections.ts";

type Session = Collections & { name: string };

/** Ends the streams of who was here before. */
async function signIn(name: string): Promise<Session> {
  signOut();
  const response = await fetch("/api/sign-in", { method: "POST", body: name });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return { name, ...openCollections(text) };
}

function Todos({ lists, todos }: Collections) {
  const [failure, setFailure] = useState("");
  const { data: choices } = useLiveQuery((query) => query.from({ lists }));
  const { data: lines } = useLiveQuery((query) =>
    query.from({ todo: todos })
      .innerJoin({ list: lists }, ({ todo, list }) => eq(todo.list_id, list.id))
      .orderBy(({ todo }) => todo.title)
      .select(({ todo, list }) => ({ id: todo.id, title: todo.title, list: list.name }))
  );
  const add = (form: FormData) => {
    setFailure("");
    const [list_id, title] = [String(form.get("list")), String(form.get("title"))];
    const { isPersisted } = todos.insert({ id: crypto.randomUUID(), list_id, title });
    isPersisted.promise.catch(({ message }: Error) => setFailure(message));
  };
  return (
    <>
      <ul>{lines.map(({ id, title, list }) => <li key={id}>{list}: {title}</li>)}</ul>
      <form action={add}>
        <input name="title" aria-label="Title" required />
        <select name="list" aria-label="List">
          {choices.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
        </select>
        <button type="submit">Add</button>
      </form>
      {failure && <p role="alert">{failure}</p>}
    </>
  );
}

function App() {
  const [session, setSession] = useState<Session | null>(null);
  return (
    <main>
      <h1>{session ? `${session.name}'s todos` : "Who are you?"}</h1>
      {["alice", "bob"].map((name) => (
        <button
          key={name}
          type="button"
          onClick={async () => setSession(await signIn(name))}
        >
          {name}
        </button>
      ))}
      {session && <Todos key={session.name} {...session} />}
    </main>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
