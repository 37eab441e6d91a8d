import { useShape } from "@electric-sql/react";
import { gatekeeperShape, signOut } from "electric-gatekeeper/client";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

type Todo = { id: string; title: string };
type Session = { name: string; accessToken: string };

const gatekeeper: string = import.meta.env.VITE_GATEKEEPER ?? "http://localhost:4000";

/** Ends the streams of who was here before. */
async function signIn(name: string): Promise<Session> {
  signOut();
  const response = await fetch("/api/sign-in", { method: "POST", body: name });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return { name, accessToken: text };
}

function Todos({ accessToken }: Session) {
  const { data, isLoading, error } = useShape<Todo>(
    gatekeeperShape({ gatekeeper, table: "todos", authorization: accessToken }),
  );
  if (error) return <p role="alert">{error.message}</p>;
  if (isLoading) return <p>…</p>;
  return <ul>{data.map(({ id, title }) => <li key={id}>{title}</li>)}</ul>;
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
