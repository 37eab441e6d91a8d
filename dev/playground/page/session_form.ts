import { useEffect, useState } from "preact/hooks";
import type { State } from "../protocol.ts";
import { messageOf } from "./api.ts";
import { decode } from "./claims.ts";
import { html } from "./html.ts";
import { NOBODY, type Session, sessionOf, sessionWith } from "./session.ts";

interface Props {
  readonly side: string;
  readonly label: string;
  readonly start: string;
  readonly state: State;
  readonly session: Session | null;
  readonly onSession: (session: Session) => void;
}

const OTHER = "other";

/** Chooses who asks: a user of the example, anybody by id and claims, or nobody in particular. */
export function SessionForm({ side, label, start, state, session, onSession }: Props) {
  const canSignIn = state.ownUsers;
  const [choice, setChoice] = useState(canSignIn ? start : "");
  const [error, setError] = useState("");
  const attempt = (work: Promise<Session>) => {
    setError("");
    work.then(onSession, (error) => setError(messageOf(error)));
  };

  useEffect(() => {
    if (choice === OTHER) return;
    const person = canSignIn ? state.people.find(({ id }) => id === choice) : undefined;
    attempt(person === undefined ? Promise.resolve(NOBODY) : sessionOf(person));
  }, [choice]);

  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => `${fields.get(name) ?? ""}`.trim();
    attempt(canSignIn ? signInAs(text("id"), text("claims")) : withToken(text("token")));
  };

  const id = `who-${side}`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} value=${choice} onChange=${(event: Event) => setChoice(valueOf(event))}>
      ${
    canSignIn && state.people.map(({ id, name }) =>
      html`<option key=${id} value=${id}>${name}</option>`
    )
  }
      <option value="">nobody in particular</option>
      <option value=${OTHER}>${canSignIn ? "someone else…" : "someone, by access token…"}</option>
    </select>
    ${
    choice === OTHER && html`<form class="more" onSubmit=${onSubmit}>
      ${canSignIn ? html`<${Anybody} side=${side} />` : html`<${AccessToken} side=${side} />`}
      <button type="submit">Sign in</button>
      ${session?.id !== undefined && html`<small>Signed in: <code>${session.id}</code></small>`}
    </form>`
  }
    ${error !== "" && html`<p class="message" role="alert">${error}</p>`}
  </div>`;
}

function Anybody({ side }: { side: string }) {
  const [id] = useState(() => crypto.randomUUID());
  return html`
    <div class="pair">
      <label for=${`id-${side}`}>User id</label>
      <input id=${`id-${side}`} name="id" required spellcheck=${false} defaultValue=${id} />
      <label for=${`claims-${side}`}>Claims, as JSON</label>
      <input id=${`claims-${side}`} name="claims" spellcheck=${false}
        placeholder='{"app_metadata":{"tenant":"acme"}}' />
    </div>
  `;
}

function AccessToken({ side }: { side: string }) {
  return html`
    <div class="pair">
      <label for=${`token-${side}`}>Access token</label>
      <input id=${`token-${side}`} name="token" required spellcheck=${false} />
    </div>
  `;
}

async function signInAs(id: string, claims: string): Promise<Session> {
  return await sessionWith({ id, ...(claims !== "" && { claims: readClaims(claims) }) });
}

function readClaims(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The claims must be JSON, such as {"app_metadata":{"tenant":"acme"}}.');
  }
}

// deno-lint-ignore require-await -- what can't be read rejects.
async function withToken(accessToken: string): Promise<Session> {
  const { sub } = read(accessToken);
  return { name: `${sub}`.slice(0, 8), accessToken, ...(sub !== undefined && { id: sub }) };
}

function read(accessToken: string) {
  try {
    return decode(accessToken).claims;
  } catch {
    throw new Error("This isn't an access token: it has three parts, with dots between.");
  }
}

/** The value of the field that an event is of. */
export function valueOf({ currentTarget }: Event): string {
  const isField = currentTarget instanceof HTMLInputElement ||
    currentTarget instanceof HTMLSelectElement || currentTarget instanceof HTMLTextAreaElement;
  return isField ? currentTarget.value : "";
}
