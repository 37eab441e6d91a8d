import { useEffect, useState } from "preact/hooks";
import type { GuardLine, State } from "../protocol.ts";
import { messageOf } from "./api.ts";
import { AttackCard, type Result } from "./attack_card.ts";
import { type Attack, ATTACKS, REVOKED, type Target } from "./attacks.ts";
import { countOf, findTarget, run } from "./attempt.ts";
import { html } from "./html.ts";
import { SessionForm, valueOf } from "./session_form.ts";
import type { Session } from "./session.ts";

/** Attacks on somebody's token, each sent as it says and shown with what became of it. */
export function AttackPanel({ state, table }: { readonly state: State; readonly table: string }) {
  const [session, setSession] = useState<Session | null>(null);
  const [what, setWhat] = useState(table);
  const [target, setTarget] = useState<Target | null>(null);
  const [round, setRound] = useState(0);
  const [error, setError] = useState("");
  const [results, setResults] = useState<Readonly<Record<string, Result>>>({});
  const attacks = state.revokes ? [...ATTACKS, REVOKED] : ATTACKS;

  useEffect(() => setResults({}), [session, what]);
  useEffect(() => {
    if (session === null) return;
    let isOver = false;
    setTarget(null);
    setError("");
    findTarget(state, session, what).then(
      (found) => isOver || setTarget(found),
      (error) => isOver || setError(messageOf(error)),
    );
    return () => void (isOver = true);
  }, [session, what, round]);

  const attempt = async (attack: Attack) => {
    if (target === null || session === null) return;
    const result = await run(attack, target).catch((error) => ({ failed: messageOf(error) }));
    setResults((before) => ({ ...before, [attack.id]: result }));
    // Whatever is tried next takes another token: this one would be refused for being revoked.
    if (attack === REVOKED) setRound((n) => n + 1);
  };
  const attemptAll = async () => {
    for (const attack of attacks) await attempt(attack);
  };

  return html`<section class="panel" aria-labelledby="attack">
    <h2 id="attack">Attack</h2>
    <p>Each button sends one real request with somebody's token, and asks for more than it grants.</p>
    <div class="controls">
      <${SessionForm} side="victim" label="Whose token" start=${
    state.people[0]?.id ?? ""
  } state=${state} session=${session} onSession=${setSession} />
      <div class="field"><label for="target">For table</label>
        <select id="target" value=${what} onChange=${(event: Event) => setWhat(valueOf(event))}>
          ${
    state.tables.map(({ table }) => html`<option key=${table} value=${table}>${table}</option>`)
  }
        </select>
      </div>
      <button type="button" disabled=${target === null} onClick=${attemptAll}>Try all</button>
      <p role="status">${countOf(Object.values(results))}</p>
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
