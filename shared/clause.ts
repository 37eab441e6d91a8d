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

/**
 * What may stand before a parenthesis: the functions that Electric's evaluator has, with `length`,
 * which TanStack DB writes, the words of a condition, and the types that take a length. Any other
 * function may wait (`pg_sleep`), read (`query_to_xml`) or tell of the server (`current_setting`).
 */
const BEFORE_PARENTHESES = words(
  "array_append array_cat array_ndims array_prepend bool boolout concat date dateout float4 float4out " +
    "float8 float8out ilike int2 int2out int4 int4out int8 int8out interval intervalout justify_days " +
    "justify_hours justify_interval length like lower numeric numericout text time timeout timestamp " +
    "timestampout timestamptz timezone upper uuid uuidout " +
    "all and any between by case cast coalesce distinct else from greatest in is least not nullif or row " +
    "similar some symmetric then to when zone " +
    "bit char character decimal float varchar varying",
);

/** What makes the text behind it one with escapes: `E'…'`, `U&'…'`. */
const ESCAPES = /(^|[^\p{L}\p{M}\p{N}_$])(e|u&)$/iu;

const OPENED_BY = new Map([[")", "("], ["]", "["]]);

/**
 * Checks that a client's `where` is one condition that speaks of nothing but the columns of its table
 * and constants, by functions that do no more than compute. A subquery would let Electric read tables that nobody granted; a name with a schema
 * in front, or a `regclass`, would ask Postgres what else exists; what follows a condition (`order
 * by`, `limit`, `union`) could hold more than a condition may. Whether it is a valid expression is not looked at.
 *
 * Throws a 400 {@link Refusal} for these, for parentheses that don't match, and for what may be read
 * in two ways: comments, and strings with escapes (`E'…'`, `U&'…'`, `$$…$$`).
 */
export function checkClause(where: string): void {
  const open: string[] = [];
  let from = 0;
  let nameBefore = "";
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
    if (token["mark"] === "(") checkCall(nameBefore);
    if (token["space"] === undefined) nameBefore = token["word"] ?? token["quoted"] ?? "";
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

/** Checks the name that stands before a parenthesis; empty where none does. */
function checkCall(name: string): void {
  const isQuoted = name.startsWith('"');
  const called = isQuoted ? name.slice(1, -1) : name.toLowerCase();
  if (called !== "" && !BEFORE_PARENTHESES.has(called)) throw refused(`the function ${called}`);
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
