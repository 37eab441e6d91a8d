import { html } from "./html.ts";
export function PoliciesPanel() {
  return html`<p>Policies</p>`;
}
