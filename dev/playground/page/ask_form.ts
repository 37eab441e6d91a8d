import { useState } from "preact/hooks";
import type { State } from "../protocol.ts";
import type { Ask } from "./ask.ts";
import { html } from "./html.ts";
import { valueOf } from "./session_form.ts";

interface Props {
  readonly side: string;
  readonly state: State;
  readonly ask: Ask;
  readonly onAsk: (ask: Ask) => void;
}

/** Chooses what is asked for: a table, with a clause of one's own or without, or a named shape. */
export function AskForm({ side, state, ask, onAsk }: Props) {
  const { shapes } = state;
  const [isOpen, setOpen] = useState(false);
  const choose = (value: string) => {
    const [kind, name = ""] = split(value);
    const fields = shapes.find((shape) => shape.name === name)?.fields ?? [];
    const json = kind === "shape"
      ? JSON.stringify(Object.fromEntries(fields.map((f) => [f, ""])))
      : "";
    onAsk({ kind, name, where: "", json });
    setOpen(kind === "shape" && fields.length > 0);
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const fields = new FormData(event.currentTarget);
    onAsk({ ...ask, where: `${fields.get("where") ?? ""}`, json: `${fields.get("json") ?? ""}` });
  };
  const id = `shape-${side}`;
  const isShape = ask.kind === "shape";
  return html`<div class="field">
    <label for=${id}>What</label>
    <div class="row">
      <select id=${id} value=${`${ask.kind}:${ask.name}`} onChange=${(event: Event) =>
    choose(valueOf(event))}>
        <optgroup label="Tables">
          ${
    state.tables.map(({ table }) =>
      html`<option key=${table} value=${`table:${table}`}>${table}</option>`
    )
  }
        </optgroup>
        ${
    shapes.length > 0 && html`<optgroup label="Named shapes">
          ${
      shapes.map(({ name }) => html`<option key=${name} value=${`shape:${name}`}>${name}</option>`)
    }
        </optgroup>`
  }
      </select>
      <button type="button" class="quiet" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>
        ${isShape ? "Arguments" : "Clause"}
      </button>
    </div>
    ${
    isOpen && html`
      <form class="more" onSubmit=${onSubmit} key=${ask.name}>
        <div class="pair">
              ${!isShape && html`<label for=${`where-${side}`}>Where</label>`}
              ${!isShape &&
                html`
                  <input id=${`where-${side}`} name="where" defaultValue=${ask
                    .where} spellcheck=${false}
                    placeholder="value = $1" />
                `}
              <label for=${`json-${side}`}>${isShape
                ? "Arguments, as JSON"
                : "Values, as JSON"}</label>
              <input id=${`json-${side}`} name="json" defaultValue=${ask
                .json} spellcheck=${false} placeholder=${isShape ? "{}" : '["a"]'} />
            </div>
        <button type="submit">Ask</button>
      </form>
    `
  }
  </div>`;
}

function split(value: string): [kind: Ask["kind"], name: string] {
  const at = value.indexOf(":");
  return [value.slice(0, at) === "shape" ? "shape" : "table", value.slice(at + 1)];
}
