/** A column that a policy names, by `ownRows("…")` or `.columns("…", …)`. */
export interface NamedColumn {
  /** The policy's table, as its key. */
  readonly table: string;
  readonly column: string;
  readonly by: "ownRows" | "columns";
}

/** A comment, a text, a template or a word of TypeScript; or any other sign. */
const TOKEN =
  /\/\/.*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|[\w$]+|\S/g;

/**
 * Reads which columns the policies of a `definePolicies({ … })` name where they stand, so that those in
 * a branch that no sample user reaches are checked, too. A policy that stands elsewhere isn't read.
 */
export function namedColumns(source: string): NamedColumn[] {
  const tokens = (source.match(TOKEN) ?? []).filter((token) => !/^\/[/*]/.test(token));
  return [...columnsOfPolicies(tokens), ...columnsOfShapes(tokens)];
}

function columnsOfPolicies(tokens: readonly string[]): NamedColumn[] {
  const start = tokens.findIndex((token, i) =>
    token === "definePolicies" && tokens[i + 1] === "(" && tokens[i + 2] === "{"
  );
  if (start < 0) return [];
  const named: NamedColumn[] = [];
  let [depth, table, atKey] = [1, "", true];
  for (let i = start + 3; i < tokens.length && depth > 0; i++) {
    const token = tokens[i] ?? "";
    if (depth === 1 && atKey && /^["'\w$]/.test(token) && token !== "async") {
      table = textOf(token) ?? token;
      atKey = false;
    }
    if (depth === 1 && token === ",") atKey = true;
    if (/^[([{]$/.test(token)) depth++;
    if (/^[)\]}]$/.test(token)) depth--;
    const isColumns = token === "columns" && tokens[i - 1] === ".";
    if ((token !== "ownRows" && !isColumns) || tokens[i + 1] !== "(") continue;
    for (const column of textsFrom(tokens, i + 2)) {
      named.push({ table, column, by: isColumns ? "columns" : "ownRows" });
    }
  }
  return named;
}

/** Those of `from("…")` and what is called on it, in named shapes. */
function columnsOfShapes(tokens: readonly string[]): NamedColumn[] {
  const named: NamedColumn[] = [];
  for (const [start, token] of tokens.entries()) {
    const table = textOf(tokens[start + 2] ?? "");
    if (token !== "from" || tokens[start + 1] !== "(" || table === null) continue;
    for (let i = start + 4; tokens[i] === "."; i = endOfCall(tokens, i + 2)) {
      if (tokens[i + 1] !== "columns") continue;
      for (const column of textsFrom(tokens, i + 3)) named.push({ table, column, by: "columns" });
    }
  }
  return named;
}

/** The place after a call's arguments, or a tag's template, that begin here. */
function endOfCall(tokens: readonly string[], start: number): number {
  let [i, depth] = [start, 0];
  do {
    if (/^[([{]$/.test(tokens[i] ?? "")) depth++;
    if (/^[)\]}]$/.test(tokens[i] ?? "")) depth--;
    i++;
  } while (depth > 0 && i < tokens.length);
  return i;
}

/** The texts from a place on, with commas between them. */
function* textsFrom(tokens: readonly string[], start: number): Generator<string> {
  for (let i = start; i < tokens.length; i += 2) {
    const text = textOf(tokens[i] ?? "");
    if (text === null) return;
    yield text;
    if (tokens[i + 1] !== ",") return;
  }
}

/** What a text in quotes says; `null` for anything else. */
function textOf(token: string): string | null {
  if (!/^["']/.test(token)) return null;
  return token.slice(1, -1).replace(/\\(["'\\])/g, "$1");
}
