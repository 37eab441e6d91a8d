import { Shape, ShapeStream } from "@electric-sql/client";
import { createClient } from "@supabase/supabase-js";
import { gatekeeperShape } from "electric-gatekeeper/client";
import { list, onSignIn, onSignOut, say, showSignedIn } from "./page.ts";

type Note = { id: string; text: string };

const gatekeeper: string = import.meta.env.VITE_GATEKEEPER ?? "http://localhost:4000";
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY } = import.meta.env;
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY);

onSignIn(async (email, password) => {
  const { error } = await supabase.auth.signInWithPassword({ email, password });
  if (error) say(error.message);
});
onSignOut(() => supabase.auth.signOut());

let current: string | undefined;
showSignedIn(current);

supabase.auth.onAuthStateChange((_event, session) => {
  const user = session?.user;
  // It also tells of refreshed tokens, which `gatekeeperShape` takes by itself.
  if (user?.id === current) return;
  current = user?.id;
  showSignedIn(user?.email);
  // Supabase's client is busy with this change until its listeners have returned.
  if (user) setTimeout(() => follow(user.id));
});

/** Shows the notes of the user who has signed in; the stream ends with the session. */
function follow(user: string): void {
  const stream = new ShapeStream<Note>(gatekeeperShape({
    gatekeeper,
    table: "notes",
    authorization: supabase,
    onError: ({ message }) => say(message),
  }));
  new Shape(stream).subscribe(({ rows }) => {
    if (user === current) list(rows.map(({ text }) => text));
  });
}
