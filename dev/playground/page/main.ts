import { render } from "preact";
import { loadState, messageOf } from "./api.ts";
import { App } from "./app.ts";
import { html } from "./html.ts";

const root = document.querySelector("#app");
if (root === null) throw new Error("index.html has no #app");
try {
  const state = await loadState();
  root.replaceChildren();
  render(html`<${App} state=${state} />`, root);
} catch (error) {
  root.textContent = `The playground can't start: ${messageOf(error)}`;
}
