import { html } from "./html.ts";

/** Words that SQL keeps for itself, as far as clauses have them. */
const WORDS =
  /\b(select|from|where|and|or|not|in|any|is|null|true|false|cast|as|exists|between|like|using)\b/i;

/** SQL with its words told apart, and the values of its `$1`, `$2`, … */
export function Clause({ sql, values }: { sql: string; values: readonly string[] }) {
  const parts = sql.split(new RegExp(`(${WORDS.source}|\\$\\d+|'[^']*')`, "i"));
  return html`<div class="clause">
    <code>${
    parts.filter((_part, i) => i % 3 !== 2).map((part, i) =>
      html`<span key=${i} class=${classOf(part)}>${part}</span>`
    )
  }</code>
    ${
    values.length > 0 && html`<ul>${
      values.map((value, i) => html`<li key=${i}><code><b>$${i + 1}</b> ${value}</code></li>`)
    }</ul>`
  }
  </div>`;
}

function classOf(part: string): string {
  if (new RegExp(`^${WORDS.source}$`, "i").test(part)) return "word";
  return /^[$']/.test(part) ? "value" : "";
}
