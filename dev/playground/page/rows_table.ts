import { useState } from "preact/hooks";
import type { Table } from "../protocol.ts";
import { messageOf, writeRow } from "./api.ts";
import type { Grant } from "./ask.ts";
import { html } from "./html.ts";
import { AddRow, EditRow, type Typed } from "./row_form.ts";
import type { Row, Rows } from "./rows.ts";

interface Props {
  readonly rows: Rows;
  readonly grant: Grant;
  /** What the catalogue says of it; nothing for what can't be written here. */
  readonly table: Table | undefined;
  readonly name: string;
  readonly isLive: boolean;
}

/** A shape's rows as they are now, to be changed. */
export function RowsTable({ rows, grant, table, name, isLive }: Props) {
  // Here, since rows go and come again with another token.
  const [edited, setEdited] = useState<{ key: string; values: Typed } | null>(null);
  const [error, setError] = useState("");
  const columns = columnsOf(rows, grant, table);
  const shown = [...rows].slice(0, 100);

  const attempt = async (work: () => Promise<void>) => {
    setError("");
    try {
      await work();
      setEdited(null);
    } catch (error) {
      setError(messageOf(error));
    }
  };
  const change = (action: "update" | "delete", row: Row, values: Typed) =>
    attempt(async () => {
      if (table === undefined) return;
      await writeRow({
        schema: table.schema,
        name: table.name,
        action,
        key: keyOf(table, row),
        values,
      });
    });

  return html`<div class="rows">
    <div class="scroll" tabindex="0" role="region" aria-label=${`Rows that ${name} gets of ${grant.params.table}`}>
      <table>
        <thead><tr>
          ${columns.map((column) => html`<th key=${column} scope="col">${column}</th>`)}
          ${table !== undefined && html`<th scope="col"><span class="unseen">Change</span></th>`}
        </tr></thead>
        <tbody>
          ${
    shown.map(([key, row]) =>
      edited?.key === key && table !== undefined
        ? html`
          <${EditRow} key=${key} table=${table} columns=${columns} row=${row}
            values=${edited.values} onInput=${(values: Typed) => setEdited({ key, values })}
            onSave=${() => change("update", row, edited.values)}
            onCancel=${() => setEdited(null)} />
        `
        : html`<tr key=${`${key} ${row.version}`} class=${row.version > 1 ? "new" : ""}>
            ${columns.map((column) => html`<td key=${column}>${cell(row.values[column])}</td>`)}
            ${
          table !== undefined && html`
            <td class="does">
              <button type="button" class="quiet" aria-label=${`Edit ${
                label(row, columns)
              }`} onClick=${() => setEdited({ key, values: {} })}>Edit</button>
              <button type="button" class="quiet" aria-label=${`Delete ${
                label(row, columns)
              }`} onClick=${() => mayDelete(table) && change("delete", row, {})}>Delete</button>
            </td>
          `
        }
          </tr>`
    )
  }
        </tbody>
      </table>
    </div>
    ${rows.size === 0 && isLive && html`<p class="empty">No rows.</p>`}
    ${
    rows.size > shown.length &&
    html`<p class="empty">The first ${shown.length} of ${rows.size}.</p>`
  }
    ${error !== "" && html`<p class="message" role="alert">${error}</p>`}
    ${table !== undefined && html`<${AddRow} table=${table} grant=${grant} />`}
  </div>`;
}

/** Asks first where rows of other tables go, too: nothing brings them back. */
function mayDelete({ name, takes }: Table): boolean {
  if (takes.length === 0) return true;
  return confirm(`With a row of ${name} go its rows of ${takes.join(", ")}, for good. Delete it?`);
}

function columnsOf(rows: Rows, { params }: Grant, table: Table | undefined): string[] {
  const [first] = rows.values();
  const got = first === undefined ? params.columns : Object.keys(first.values);
  const known = table?.columns.map(({ name }) => name) ?? [];
  // In the table's own order.
  return got === undefined ? known : [...got].sort((a, b) => known.indexOf(a) - known.indexOf(b));
}

function keyOf({ columns }: Table, { values }: Row): Record<string, string> {
  const names = columns.filter(({ key }) => key).map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, `${values[name]}`]));
}

const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** What a row is called in a button's name: its first text that is no id. */
function label({ values }: Row, columns: readonly string[]): string {
  const texts = columns.map((name) => values[name]).filter((value) => typeof value === "string");
  return texts.find((text) => !ID.test(text)) ?? texts[0] ?? "row";
}

function cell(value: unknown) {
  if (value === null || value === undefined) return html`<i>null</i>`;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return ID.test(text) ? html`<code title=${text}>…${text.slice(-6)}</code>` : text;
}
