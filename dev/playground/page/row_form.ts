import { useState } from "preact/hooks";
import type { Column, Table } from "../protocol.ts";
import { messageOf, writeRow } from "./api.ts";
import type { Grant } from "./ask.ts";
import { html } from "./html.ts";
import type { Row } from "./rows.ts";

/** Fields of a row that were typed in, by their columns. */
export type Typed = Readonly<Record<string, string | null>>;

/** A row's cells as fields. */
export function EditRow({ table, columns, row, values, onInput, onSave, onCancel }: {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly row: Row;
  /** What was typed so far. */
  readonly values: Typed;
  readonly onInput: (values: Typed) => void;
  readonly onSave: () => void;
  readonly onCancel: () => void;
}) {
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
    if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) onSave();
  };
  const isKey = (name: string) => table.columns.some((one) => one.name === name && one.key);
  return html`<tr class="edited" onKeyDown=${onKey}>
    ${
    columns.map((name) =>
      html`<td key=${name}>${
        isKey(name) ? html`<code>…${`${row.values[name]}`.slice(-6)}</code>` : html`
          <input
            aria-label=${name} value=${values[name] ?? row.values[name] ?? ""}
            onInput=${({ currentTarget }: Event) =>
              currentTarget instanceof HTMLInputElement &&
              onInput({ ...values, [name]: currentTarget.value })} />
        `
      }</td>`
    )
  }
    <td class="does">
      <button type="button" onClick=${onSave}>Save</button>
      <button type="button" class="quiet" onClick=${onCancel}>Cancel</button>
    </td>
  </tr>`;
}

/** A form for one more row; what is left blank is as the database has it by default. */
export function AddRow({ table, grant }: { readonly table: Table; readonly grant: Grant }) {
  const [isOpen, setOpen] = useState(false);
  const [error, setError] = useState("");
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    const values = Object.fromEntries(filled.map(([name, value]) => [name, `${value}`]));
    setError("");
    try {
      await writeRow({ schema: table.schema, name: table.name, action: "insert", key: {}, values });
      form.reset();
    } catch (error) {
      setError(messageOf(error));
    }
  };
  if (!isOpen) {
    return html`<button type="button" class="quiet add" onClick=${() =>
      setOpen(true)}>Add a row</button>`;
  }
  return html`<form class="add" onSubmit=${onSubmit} aria-label="A new row">
    ${
    table.columns.map((column) =>
      html`<${Field} key=${column.name} column=${column} value=${fitting(column, grant)} />`
    )
  }
    <div class="buttons">
      <button type="submit">Insert</button>
      <button type="button" class="quiet" onClick=${() => setOpen(false)}>Close</button>
    </div>
    ${error !== "" && html`<p class="message" role="alert">${error}</p>`}
  </form>`;
}

function Field({ column, value }: { readonly column: Column; readonly value: string }) {
  const { name, type, required } = column;
  return html`<label><span>${name} <small>${type}</small></span>
    <input name=${name} required=${required} placeholder=${
    required ? "" : "default"
  } defaultValue=${value} spellcheck=${false} />
  </label>`;
}

/** A value with which the row is in the shape, where its clause compares this column with one or a list. */
function fitting({ name }: Column, { params: { where = "", params = {} } }: Grant): string {
  const pattern = new RegExp(`\\b${name} *= *(?:any\\()?\\$(\\d+)`, "i");
  const [, number = ""] = pattern.exec(where) ?? [];
  const value = Object.entries(params).find(([n]) => n === number)?.[1] ?? "";
  return value.replace(/^\{([^,}]*).*\}$/, "$1");
}
