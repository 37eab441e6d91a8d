/** What a config's text becomes, and what is left for its owner to do. */
export interface ConfigChange {
  readonly text: string;
  /** The functions whose `verify_jwt` says another thing; only their owner may change that. */
  readonly wrong: readonly string[];
}

/** A line of TOML that isn't inside a text of many lines, and where it begins. */
interface Line {
  readonly text: string;
  /** Offset of the next line. */
  readonly end: number;
}

/**
 * Adds `verify_jwt = false` to functions in Supabase's `config.toml` that say nothing of it, and
 * leaves everything else byte for byte as it is.
 */
export function withFunctions(config: string, functions: readonly string[]): ConfigChange {
  const eol = config.includes("\r\n") ? "\r\n" : "\n";
  const wrong: string[] = [];
  let text = config;
  const missing: string[] = [];
  for (const name of functions) {
    const found = find(text, name);
    if (found === null) missing.push(name);
    else if (found.verifies === undefined) {
      const atLineEnd = text.slice(0, found.headerEnd).endsWith("\n");
      const line = `${atLineEnd ? "" : eol}verify_jwt = false${eol}`;
      text = text.slice(0, found.headerEnd) + line + text.slice(found.headerEnd);
    } else if (found.verifies) wrong.push(name);
  }
  if (missing.length > 0) {
    const blocks = missing.map((name) => `[functions.${name}]${eol}verify_jwt = false${eol}`);
    const start = text === "" || text.endsWith("\n") ? "" : eol;
    const blank = text === "" || /\n\r?\n$/.test(text) ? "" : eol;
    text += start + blank + [commentOf(missing), ...blocks.join(eol).split(eol)].join(eol);
  }
  return { text, wrong };
}

function commentOf({ length }: readonly string[]): string {
  const who = length > 1 ? "Both check their" : "It checks its";
  return `# ${who} own tokens and credentials, which Supabase's gateway doesn't know.`;
}

/** A function's block. */
interface Block {
  /** Where the line behind its header begins. */
  readonly headerEnd: number;
  /** What it says of `verify_jwt`, if it does. */
  readonly verifies: boolean | undefined;
}

function find(config: string, name: string): Block | null {
  let block: Block | null = null;
  let [isInside, isInFunctions] = [false, false];
  for (const { text, end } of linesOf(config)) {
    const header = /^\s*\[(?!\[)\s*([^\]]*?)\s*\]\s*(?:#.*)?$/.exec(text)?.[1];
    if (header !== undefined || /^\s*\[\[/.test(text)) {
      const path = header?.split(".").map(unquote) ?? [];
      isInFunctions = path.join(".") === "functions";
      isInside = path.length === 2 && path[0] === "functions" && path[1] === name;
      if (isInside) block = { headerEnd: end, verifies: undefined };
      continue;
    }
    const inBlock = isInside ? /^\s*["']?verify_jwt["']?\s*=\s*(\w+)/.exec(text)?.[1] : undefined;
    const elsewhere = otherForm(text, name, isInFunctions);
    const says = inBlock ?? elsewhere;
    // A form in which nothing can be added to it counts as wrong until it says false.
    if (says !== undefined) {
      block = { headerEnd: block?.headerEnd ?? end, verifies: says !== "false" };
    }
  }
  return block;
}

/** What `edge = { … }` and `edge.verify_jwt = …` below `[functions]` say, or `functions.edge…` at the top. */
function otherForm(line: string, name: string, isInFunctions: boolean): string | undefined {
  const prefix = isInFunctions ? "" : "functions\\s*\\.\\s*";
  const key = new RegExp(`^\\s*${prefix}["']?${name}["']?\\s*(\\.\\s*verify_jwt\\s*)?=\\s*(.*)$`);
  const match = key.exec(line);
  if (match === null) return undefined;
  const [, dotted, value = ""] = match;
  if (dotted !== undefined) return /^\w+/.exec(value)?.[0] ?? "";
  return /\bverify_jwt\s*=\s*(\w+)/.exec(value)?.[1] ?? "";
}

const unquote = (name: string) => name.trim().replace(/^(["'])(.*)\1$/, "$2");

function* linesOf(config: string): Generator<Line> {
  let [start, open] = [0, ""];
  while (start < config.length) {
    const at = config.indexOf("\n", start);
    const end = at < 0 ? config.length : at + 1;
    const text = config.slice(start, end).replace(/\r?\n$/, "");
    const wasOpen = open !== "";
    for (const [mark] of text.matchAll(/"""|'''/g)) {
      if (open === "") open = mark;
      else if (open === mark) open = "";
    }
    if (!wasOpen) yield { text, end };
    start = end;
  }
}
