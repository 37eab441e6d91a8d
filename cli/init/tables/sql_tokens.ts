/** A word, a quoted name, a text or a sign of SQL. */
export interface Token {
  readonly kind: "word" | "name" | "text" | "sign";
  /** Words in lower case, as Postgres folds them; names without their quotes. */
  readonly value: string;
}

/** What may begin at a place, first match first (Postgres's manual, section 4.1). */
const PATTERNS = {
  space: /\s+|--[^\n]*/y,
  comment: /\/\*/y,
  dollar: /\$([\p{L}_][\p{L}\p{N}_]*)?\$/uy,
  escapeText: /[eE]'(?:[^'\\]|\\[^]|'')*'/y,
  text: /(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'/y,
  name: /(?:[uU]&)?"((?:[^"]|"")*)"/y,
  word: /[\p{L}_][\p{L}\p{N}_$]*/uy,
  number: /\d[\w.]*/y,
};

/** Splits SQL into statements of tokens, without comments and blanks. */
export function readStatements(sql: string): Token[][] {
  const statements: Token[][] = [[]];
  for (const token of readTokens(sql)) {
    if (token.kind === "sign" && token.value === ";") statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements.filter((statement) => statement.length > 0);
}

function* readTokens(sql: string): Generator<Token> {
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(sql);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < sql.length) {
    if (take(PATTERNS.space)) continue;
    if (take(PATTERNS.comment)) {
      at = endOfComment(sql, at);
      continue;
    }
    const dollar = take(PATTERNS.dollar);
    if (dollar !== null) {
      const end = sql.indexOf(dollar[0], at);
      yield { kind: "text", value: sql.slice(at, end < 0 ? sql.length : end) };
      at = end < 0 ? sql.length : end + dollar[0].length;
      continue;
    }
    const text = take(PATTERNS.escapeText) ?? take(PATTERNS.text) ?? take(PATTERNS.number);
    if (text !== null) {
      yield { kind: "text", value: text[0] };
      continue;
    }
    const name = take(PATTERNS.name);
    if (name !== null) {
      yield { kind: "name", value: (name[1] ?? "").replaceAll('""', '"') };
      continue;
    }
    const word = take(PATTERNS.word);
    if (word !== null) {
      yield { kind: "word", value: word[0].replace(/[A-Z]/g, (letter) => letter.toLowerCase()) };
      continue;
    }
    yield { kind: "sign", value: sql[at++] ?? "" };
  }
}

/** Comments nest. */
function endOfComment(sql: string, start: number): number {
  let depth = 1;
  let at = start;
  while (at < sql.length && depth > 0) {
    const mark = sql.slice(at, at + 2);
    if (mark === "/*") depth++;
    if (mark === "*/") depth--;
    at += mark === "/*" || mark === "*/" ? 2 : 1;
  }
  return at;
}
