const form = get("form", HTMLFormElement);
const signOut = get("#sign-out", HTMLButtonElement);
const status = get("[role=status]", HTMLElement);
const lines = get("ul", HTMLUListElement);

function get<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`index.html has no ${selector}`);
}

export function onSignIn(signIn: (email: string, password: string) => void): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form);
    signIn(String(data.get("email")), String(data.get("password")));
    form.reset();
  });
}

export function onSignOut(listener: () => void): void {
  signOut.addEventListener("click", listener);
}

export function say(text: string): void {
  status.textContent = text;
}

export function list(texts: readonly string[]): void {
  lines.replaceChildren(...texts.map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  }));
}

/** Shows the form to sign in with, or who has. */
export function showSignedIn(email: string | undefined): void {
  form.hidden = email !== undefined;
  signOut.hidden = email === undefined;
  say(email ?? "Nobody has signed in.");
  list([]);
}
