import { render } from "preact";
import { messageOf } from "./api.ts";
import { App } from "./app.ts";
import { loadNamedShapes, loadState } from "./api.ts";
import { html } from "./html.ts";

const root = document.querySelector("#app");
if (root === null) throw new Error("index.html has no #app");
try {
  const [state, shapes] = await Promise.all([loadState(), loadNamedShapes()]);
  root.replaceChildren();
  render(html`<${App} state=${state} shapes=${shapes} />`, root);
} catch (error) {
  root.textContent = `The playground can't start: ${messageOf(error)}`;
}
