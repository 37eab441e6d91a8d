import { html } from "./html.ts";
export function AttackPanel() {
  return html`<p>Attack</p>`;
}
