import { invalidRequest } from "./refusal.ts";

/** What a clause is made of, as Postgres reads it (its manual, section 4.1): the kinds told apart here. */
const TOKEN = new RegExp(
  [
    /(?<space>[ \t\r\n]+)/u,
    /(?<string>'(?:[^']|'')*')/u,
    /(?<quoted>"(?:[^"]|"")+")/u,
    /(?<word>[\p{L}_][\p{L}\p{M}\p{N}_$]*)/u,
    /(?<number>\d+(?:\.\d*)?|\.\d+|\$\d+)/u,
    /(?<operator>[-+*/<>=~!@#%^&|?`]+)/u,
    /(?<mark>::?|[()[\],])/u,
  ].map(({ source }) => source).join("|"),
  "uy",
);

const words = (text: string) => new Set(text.split(/\s+/));

/** Every subquery holds one of these, and none of them can name a column without quotes. */
const QUERIES = words("select values table");

/**
 * What may stand behind a condition, and what asks Postgres who and when it is. All of them are
 * reserved (Postgres's manual, appendix C), so none can name a column without quotes.
 */
const NOT_IN_CONDITIONS = words(
  "order limit offset fetch for group having window union intersect except into returning with " +
    "where on using create grant current_catalog current_date current_role current_schema " +
    "current_time current_timestamp current_user localtime localtimestamp session_user system_user user",
);

/** Types whose literals ask whether a table, a role, … exists, and the functions that do. */
const LOOKUPS =
  /^"?(to_)?reg(class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type)"?$/i;

/** What makes the text behind it one with escapes: `E'…'`, `U&'…'`. */
const ESCAPES = /(^|[^\p{L}\p{M}\p{N}_$])(e|u&)$/iu;

const OPENED_BY = new Map([[")", "("], ["]", "["]]);

/**
 * Checks that a client's `where` is one condition that speaks of nothing but the columns of its table
 * and constants. A subquery would let Electric read tables that nobody granted; a name with a schema
 * in front, or a `regclass`, would ask Postgres what else exists; what follows a condition (`order
 * by`, `limit`, `union`) could hold more than a condition may. Whether it is a valid expression is not looked at.
 *
 * Throws a 400 {@link Refusal} for these, for parentheses that don't match, and for what may be read
 * in two ways: comments, and strings with escapes (`E'…'`, `U&'…'`, `$$…$$`).
 */
export function checkClause(where: string): void {
  const open: string[] = [];
  let from = 0;
  while (from < where.length) {
    TOKEN.lastIndex = from;
    const token = TOKEN.exec(where)?.groups;
    if (token === undefined) {
      throw refused(where[from] === "." ? "a name with a dot" : `what begins at ${from + 1}`);
    }
    checkWord(token["word"] ?? "");
    checkName(token["word"] ?? token["quoted"] ?? "");
    checkOperator(token["operator"] ?? "");
    checkMark(token["mark"] ?? "", open);
    const isText = token["string"] !== undefined || token["quoted"] !== undefined;
    if (isText && ESCAPES.test(justBefore(where, from))) throw refused("a text with escapes");
    from = TOKEN.lastIndex;
  }
  if (open.length > 0) throw refused(`a "${open.at(-1)}" without its end`);
}

function checkWord(word: string): void {
  const lower = word.toLowerCase();
  if (QUERIES.has(lower)) throw refused("a subquery");
  if (NOT_IN_CONDITIONS.has(lower)) throw refused(`the keyword ${lower}`);
}

function checkName(name: string): void {
  if (LOOKUPS.test(name)) throw refused(name);
}

function checkOperator(operator: string): void {
  if (/--|\/\*/.test(operator)) throw refused("a comment");
}

function checkMark(mark: string, open: string[]): void {
  if (mark === "(" || mark === "[") open.push(mark);
  if (mark === "," && open.length === 0) throw refused("a comma outside of parentheses");
  const opening = OPENED_BY.get(mark);
  if (opening !== undefined && open.pop() !== opening) {
    throw refused(`a "${mark}" without its beginning`);
  }
}

/** The few characters before a place that tell what it is; all of them would cost the square of a long clause. */
const justBefore = (where: string, place: number) => where.slice(Math.max(0, place - 4), place);

function refused(what: string): Error {
  return invalidRequest(
    `where can't hold ${what}; it may compare the table's columns with values.`,
  );
}
