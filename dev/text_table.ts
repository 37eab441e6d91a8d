/** A column of a table to print. */
export interface TextColumn {
  readonly name: string;
  /** Numbers stand at the right. */
  readonly right: boolean;
}

/** Longest value that is shown whole, in characters. */
const MAX_WIDTH = 200;

/** Writes rows as psql does: names, a rule, a line a row, and how many there are. `null` is blank. */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly (string | null)[])[],
): string {
  const cells = rows.map((row) => columns.map((_, i) => oneLine(row[i] ?? "")));
  const widths = columns.map(({ name }, i) =>
    Math.max(name.length, ...cells.map((row) => lengthOf(row[i] ?? "")))
  );
  const line = (texts: readonly string[]) =>
    texts.map((text, i) => ` ${pad(text, widths[i] ?? 0, columns[i]?.right === true)} `)
      .join("|").trimEnd();
  const rule = widths.map((width) => "-".repeat(width + 2)).join("+");
  const count = `(${rows.length} ${rows.length === 1 ? "row" : "rows"})`;
  return [line(columns.map(({ name }) => name)), rule, ...cells.map(line), count].join("\n");
}

const lengthOf = (text: string): number => [...text].length;

function pad(text: string, width: number, right: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - lengthOf(text)));
  return right ? blanks + text : text + blanks;
}

function oneLine(text: string): string {
  const shown = text.replace(/\r?\n/g, "↵").replace(/\p{Cc}/gu, "·");
  return lengthOf(shown) > MAX_WIDTH ? `${[...shown].slice(0, MAX_WIDTH - 1).join("")}…` : shown;
}
