import { useEffect, useState } from "preact/hooks";
import type { GuardLine, State } from "../protocol.ts";
import { messageOf } from "./api.ts";
import { askGatekeeper, type Grant } from "./ask.ts";
import { AttackCard, type Result } from "./attack_card.ts";
import { type Attack, ATTACKS, honest, REVOKED, type Sent, type Target } from "./attacks.ts";
import { html } from "./html.ts";
import { valueOf } from "./session_form.ts";
import { NOBODY, sessionOf } from "./session.ts";
import { entries, traced } from "./trace.ts";

const SIDE = { side: "attack", name: "attacker" };

/** Milliseconds that the log's line about a refusal may take to be here. */
const LOGGED_WITHIN = 250;

/** Attacks on somebody's token, each sent as it says and shown with what became of it. */
export function AttackPanel({ state, table }: { readonly state: State; readonly table: string }) {
  const [who, setWho] = useState(state.people[0]?.id ?? "");
  const [what, setWhat] = useState(table);
  const [target, setTarget] = useState<Target | null>(null);
  const [error, setError] = useState("");
  const [results, setResults] = useState<Readonly<Record<string, Result>>>({});
  const attacks = state.revokes ? [...ATTACKS, REVOKED] : ATTACKS;

  useEffect(() => {
    let isOver = false;
    setTarget(null);
    setResults({});
    setError("");
    findTarget(state, who, what).then(
      (found) => isOver || setTarget(found),
      (error) => isOver || setError(messageOf(error)),
    );
    return () => void (isOver = true);
  }, [who, what]);

  const attempt = async (attack: Attack) => {
    if (target === null) return;
    const result = await run(attack, target).catch((error) => ({ failed: messageOf(error) }));
    setResults((before) => ({ ...before, [attack.id]: result }));
  };
  const attemptAll = async () => {
    for (const attack of attacks) await attempt(attack);
  };
  const done = Object.values(results);
  const refused = done.filter((result) => "sent" in result && result.isRefused).length;

  return html`<section class="panel" aria-labelledby="attack">
    <h2 id="attack">Attack</h2>
    <p>Each button sends one real request with somebody's token, and asks for more than it grants.</p>
    <div class="controls">
      <div class="field"><label for="victim">Whose token</label>
        <select id="victim" value=${who} onChange=${(event: Event) => setWho(valueOf(event))}>
          ${
    state.ownUsers && state.people.map(({ id, name }) =>
      html`<option key=${id} value=${id}>${name}</option>`
    )
  }
          <option value="">nobody in particular</option>
        </select>
      </div>
      <div class="field"><label for="target">For table</label>
        <select id="target" value=${what} onChange=${(event: Event) => setWhat(valueOf(event))}>
          ${
    state.tables.map(({ table }) => html`<option key=${table} value=${table}>${table}</option>`)
  }
        </select>
      </div>
      <button type="button" disabled=${target === null} onClick=${attemptAll}>Try all</button>
      <p role="status">${done.length > 0 && `${refused} of ${done.length} refused`}</p>
    </div>
    ${
    error !== "" && html`<p class="message" role="alert">There is no token to attack: ${error}</p>`
  }
    <div class="cards">
      ${
    attacks.map((attack) =>
      html`
        <${AttackCard} key=${attack.id} attack=${attack} result=${results[attack.id] ?? null}
          guard=${guardOf(state, attack)} canTry=${target !== null} onTry=${() =>
            attempt(attack)} />
      `
    )
  }
    </div>
  </section>`;
}

function guardOf({ guards }: State, { id }: Attack): GuardLine | undefined {
  return guards.find(({ attack }) => attack === id);
}

/** Gets the token that is attacked, and finds what it doesn't open. */
async function findTarget(state: State, who: string, what: string): Promise<Target> {
  const person = state.ownUsers ? state.people.find(({ id }) => id === who) : undefined;
  const session = person === undefined ? NOBODY : await sessionOf(person);
  const ask = { kind: "table", name: what, where: "", json: "" } as const;
  const grant = await askGatekeeper(SIDE, session.accessToken, ask);
  const { status: honestStatus } = await send(honest(grant));
  const columns = state.tables.find(({ table }) => table === what)?.columns ?? [];
  return {
    grant,
    honestStatus,
    userId: session.id ?? null,
    other: state.tables.find(({ table }) => table !== what && table !== "items")?.table ??
      "secrets",
    hidden: hiddenColumn(columns.map(({ name }) => name), grant),
    proxy: `${location.origin}/proxy/v1/shape`,
  };
}

function hiddenColumn(names: readonly string[], { params: { columns } }: Grant): string | null {
  return names.find((name) => columns?.includes(name) === false) ?? null;
}

async function run(attack: Attack, target: Target): Promise<Result> {
  const sent = await attack.make(target);
  if (sent === null) return { failed: "This token leaves no column out." };
  const { status, message, reason } = await send(sent);
  const isRefused = status === attack.status;
  return { sent, status, message, reason, isRefused, honestStatus: target.honestStatus };
}

async function send({ url, method, token, body }: Sent) {
  const init = {
    method,
    headers: { authorization: `Bearer ${token}` },
    cache: "no-store",
  } as const;
  const response = await traced(SIDE, "edge", url, body === null ? init : { ...init, body });
  const answer = await response.json();
  const message = response.ok ? `${answer.length ?? ""} messages` : saidIn(answer);
  const reason = response.ok ? null : await reasonOf(url, response.status);
  return { status: response.status, message, reason };
}

/** A refusal's words; Electric has more of them in `errors`. */
function saidIn(
  { message, errors }: { readonly message?: string; readonly errors?: unknown },
): string {
  return [message, ...(errors === undefined ? [] : [JSON.stringify(errors)])].join(": ");
}

/** What the server's log says of the request, if it does: it tells each reason once in a while. */
async function reasonOf(url: string, status: number): Promise<string | null> {
  if (status !== 401 && status !== 403) return null;
  await new Promise((resolve) => setTimeout(resolve, LOGGED_WITHIN));
  return entries.value.find((entry) => entry.url === url)?.reason ?? null;
}
