import { useEffect, useState } from "preact/hooks";
import type { State } from "../protocol.ts";
import { rights } from "./api.ts";
import { AttackPanel } from "./attack_panel.ts";
import { html } from "./html.ts";
import { PersonColumn } from "./person.ts";
import { PoliciesPanel } from "./policies_panel.ts";
import { Sequence } from "./sequence.ts";
import { listen } from "./trace.ts";

const TABS = { watch: "Watch", attack: "Attack", policies: "Policies" } as const;
type Tab = keyof typeof TABS;

const isTab = (name: string): name is Tab => Object.hasOwn(TABS, name);

function tabOf(hash: string): Tab {
  const name = hash.slice(1);
  return isTab(name) ? name : "watch";
}

/** The page: three views, of which the first goes on while another is looked at. */
export function App({ state }: { readonly state: State }) {
  const [tab, setTab] = useState(tabOf(location.hash));
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    rights.set(state.rights);
    listen(setOpen);
    const onHash = () => setTab(tabOf(location.hash));
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  const first = state.tables.find(({ name }) => name === "documents") ?? state.tables[0];
  const [left, right] = state.people;
  const about = { state, table: first?.table ?? "" };
  return html`
    <div class="app">
      <header class="top">
        <h1><img src="/playground/page/icon.svg" alt="" width="26" height="26" />Gatekeeper <span>playground</span></h1>
        <nav aria-label="Views">
            ${Object.entries(TABS).map(([name, label]) =>
              html`<a key=${name} href="#${name}" aria-current=${
                tab === name ? "page" : undefined
              }>${label}</a>`
            )}
          </nav>
        <p class="connection" role="status">
            <span class=${isOpen ? "dot on" : "dot"}></span>${isOpen
              ? "dev is running"
              : "dev is away"}
          </p>
      </header>
      <main>
          <div hidden=${tab !== "watch"}>
            <p class="lead">Two people, side by side: what each may sync, as signed in their token, and its rows, live. Take a right away, or change a row, and see what each gets.</p>
            <div class="people">
              <${PersonColumn} side="a" start=${left?.id ?? ""} ...${about} />
              <${PersonColumn} side="b" start=${right?.id ?? ""} ...${about} />
            </div>
            <${Sequence} />
          </div>
          ${tab === "attack" && html`<${AttackPanel} state=${state} table=${about.table} />`}
          ${tab === "policies" && html`<${PoliciesPanel} state=${state} />`}
        </main>
    </div>
  `;
}
