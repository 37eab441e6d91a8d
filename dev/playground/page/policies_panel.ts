import { useEffect, useState } from "preact/hooks";
import type { Outcome, RlsText, State, TablePolicies } from "../protocol.ts";
import { loadPolicies, messageOf } from "./api.ts";
import { Clause } from "./clause.ts";
import { html } from "./html.ts";

/** What each table's policy gives each user, and what row-level security would. */
export function PoliciesPanel({ state }: { readonly state: State }) {
  const [found, setFound] = useState<readonly TablePolicies[]>([]);
  const [error, setError] = useState("");
  const [round, setRound] = useState(0);

  useEffect(() => {
    let isOver = false;
    const loadAll = async () => {
      for (const { table } of state.tables) {
        const policies = await loadPolicies(table);
        if (isOver) return;
        setFound((before) => [...before.filter((one) => one.table !== table), policies]);
      }
    };
    setError("");
    loadAll().catch((error) => setError(messageOf(error)));
    return () => void (isOver = true);
  }, [round]);

  const isDone = found.length === state.tables.length;
  return html`<section class="panel" aria-labelledby="policies" aria-busy=${!isDone}>
    <div class="heading">
      <h2 id="policies">Policies</h2>
      <button type="button" class="quiet" onClick=${() => setRound(round + 1)}>Look again</button>
    </div>
    <p>What policies.ts gives each user, asked of the gatekeeper: as SQL, with the rows that it gives in
      Postgres and through the edge. Below, your row-level security, and the clause that <code>rls</code> makes of it.</p>
    ${error !== "" && html`<p class="message" role="alert">${error}</p>`}
    ${
    state.tables.map(({ table }) => {
      const policies = found.find((one) => one.table === table);
      return policies !== undefined && html`<${TableCard} key=${table} policies=${policies} />`;
    })
  }
    ${!isDone && html`<p role="status">Asking…</p>`}
  </section>`;
}

function TableCard(
  { policies: { table, secured, policies, outcomes } }: { readonly policies: TablePolicies },
) {
  return html`<article class="card" aria-label=${table}>
    <div class="head"><h2>${table}</h2>
      <span class=${secured ? "pill good" : "pill"}>row-level security is ${
    secured ? "on" : "off"
  }</span>
    </div>
    ${policies.map((policy) => html`<${RlsPolicy} key=${policy.name} policy=${policy} />`)}
    <div class="outcomes">
      ${
    outcomes.map((outcome) =>
      html`<${OutcomeCard} key=${outcome.who} outcome=${outcome} secured=${secured} />`
    )
  }
    </div>
  </article>`;
}

function RlsPolicy(
  { policy: { name, permissive, command, roles, using } }: { readonly policy: RlsText },
) {
  return html`
    <details>
      <summary>“${name}” <small>${permissive
        ? ""
        : "restrictive, "}for ${command} to ${roles}</small></summary>
      <pre tabindex="0" aria-label=${`Policy ${name}`}>using ${using ?? "nothing"}</pre>
    </details>
  `;
}

function OutcomeCard(
  { outcome, secured }: { readonly outcome: Outcome; readonly secured: boolean },
) {
  const { who, sql, values, refusal, rows, synced, rls } = outcome;
  return html`<div class="outcome">
    <div class="head"><h3>${who}</h3>${
    refusal === null
      ? html`<span class=${rows === synced ? "pill good" : "pill bad"}>${
        rows ?? "?"
      } in Postgres, ${synced ?? "?"} synced</span>`
      : html`<span class="pill bad">refused</span>`
  }</div>
    ${
    refusal === null
      ? html`<${Clause} sql=${sql ?? ""} values=${values} />`
      : html`<p>${refusal}</p>`
  }
    ${
    secured && html`<div class="rls"><h3>by row-level security</h3>${
      rls.where === null
        ? html`<p>${rls.refusal}</p>`
        : html`<${Clause} sql=${`where ${rls.where}`} values=${rls.values} />`
    }</div>`
  }
  </div>`;
}
