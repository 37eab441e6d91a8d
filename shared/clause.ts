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

type Kind = "string" | "quoted" | "word" | "number" | "operator" | "mark";

interface Token {
  readonly kind: Kind;
  readonly text: string;
  /** Whether it stands right behind the one before, without blanks between. */
  readonly isAttached: boolean;
}

const words = (text: string) => new Set(text.split(/\s+/));

/** Every subquery holds one of these, and none of them can name a column without quotes. */
const QUERIES = words("select values table");

/**
 * What may stand behind a condition, and what asks Postgres who and when it is. All of them are
 * reserved (Postgres's manual, appendix C), so none can name a column without quotes.
 */
const NOT_IN_CONDITIONS = words(
  "order limit offset fetch for group having window union intersect except into returning with " +
    "where on using create grant collate current_catalog current_date current_role current_schema " +
    "current_time current_timestamp current_user localtime localtimestamp session_user system_user user",
);

/**
 * Types that only hold a value. Others look up what their literal names, and so tell whether a table, a
 * function, a role, … exists: `regclass`, `_regclass`, `aclitem`, rows of the catalogue's tables.
 */
const TYPES = words(
  "bigint bit bool boolean bytea char character date decimal double float float4 float8 int int2 int4 " +
    "int8 integer interval json jsonb numeric real smallint text time timestamp timestamptz timetz " +
    "uuid varchar",
);

/** The functions that Electric's evaluator has, with `length`, which TanStack DB writes. */
const FUNCTIONS = words(
  "array_append array_cat array_ndims array_prepend boolout concat dateout float4out float8out ilike " +
    "int2out int4out int8out intervalout justify_days justify_hours justify_interval length like lower " +
    "numericout timeout timestampout timezone upper uuidout",
);

/** Words of a condition, behind which a value may stand. */
const SYNTAX = words(
  "all and any between by case cast coalesce distinct else escape from greatest ilike in is least like " +
    "not nullif or precision row similar some symmetric then to varying when zone",
);

/** What makes a text behind it one with escapes: `E'…'`, `U&'…'`. */
const ESCAPES = /^(e|u&|&)$/i;

const OPENED_BY = new Map([[")", "("], ["]", "["]]);

/**
 * Checks that a client's `where` is one condition that speaks of nothing but the columns of its table
 * and constants, by functions that do no more than compute. A subquery would let Electric read tables
 * that nobody granted; a name with a schema in front, or a type such as `regclass`, would ask Postgres
 * what else exists; another function could wait (`pg_sleep`), read (`query_to_xml`) or tell of the server
 * (`current_setting`); what follows a condition (`order by`, `limit`, `union`) could hold more than a
 * condition may. Whether it is a valid expression is not looked at.
 *
 * Throws a 400 {@link Refusal} for these, for parentheses that don't match, and for what may be read
 * in two ways: comments, and strings with escapes (`E'…'`, `U&'…'`, `$$…$$`).
 */
export function checkClause(where: string): void {
  const open: string[] = [];
  let before: Token = { kind: "mark", text: "", isAttached: false };
  for (const token of tokensOf(where)) {
    if (token.kind === "word") checkWord(token.text, before);
    if (token.kind === "operator") checkOperator(token.text);
    if (token.kind === "mark") checkMark(token.text, open);
    if (token.kind === "string" || token.kind === "quoted") checkEscapes(before, token);
    const isValue = token.kind === "string" || token.text.startsWith("$");
    if (isValue) checkLiteralsType(before);
    if (token.text === "(") checkCall(before);
    if (isBeforeType(before)) checkType(token);
    before = token;
  }
  if (open.length > 0) throw refused(`a "${open.at(-1)}" without its end`);
}

function* tokensOf(where: string): Generator<Token> {
  let from = 0;
  let isAttached = true;
  while (from < where.length) {
    TOKEN.lastIndex = from;
    const groups = TOKEN.exec(where)?.groups;
    if (groups === undefined) {
      throw refused(where[from] === "." ? "a name with a dot" : `what begins at ${from + 1}`);
    }
    const token = tokenOf(groups, isAttached);
    if (token !== null) yield token;
    isAttached = token !== null;
    from = TOKEN.lastIndex;
  }
}

const KINDS: readonly Kind[] = ["word", "operator", "mark", "string", "quoted", "number"];

/** `null` for blanks. */
function tokenOf(
  groups: Readonly<Record<string, string | undefined>>,
  isAttached: boolean,
): Token | null {
  for (const kind of KINDS) {
    const text = groups[kind];
    if (text !== undefined) return { kind, text, isAttached };
  }
  return null;
}

function checkWord(word: string, before: Token): void {
  const lower = word.toLowerCase();
  const isOfTime = before.kind === "word" && /^time(stamp)?$/i.test(before.text);
  if (lower === "with" && isOfTime) return;
  if (QUERIES.has(lower)) throw refused("a subquery");
  if (NOT_IN_CONDITIONS.has(lower)) throw refused(`the keyword ${lower}`);
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

function checkEscapes(before: Token, text: Token): void {
  const isPrefix = before.kind === "word" || before.kind === "operator";
  const hasEscapes = text.isAttached && isPrefix && ESCAPES.test(before.text);
  if (hasEscapes) throw refused("a text with escapes");
}

/** A name before a text, or a parameter, is its type: `date '2020-01-01'`. */
function checkLiteralsType(before: Token): void {
  if (before.kind === "quoted") throw refused(`the type ${before.text}`);
  if (before.kind !== "word") return;
  const name = before.text.toLowerCase();
  if (!TYPES.has(name) && !SYNTAX.has(name)) throw refused(`the type ${name}`);
}

/** A name before a parenthesis is a function's, or a type's that takes a length. */
function checkCall(before: Token): void {
  if (before.kind !== "word" && before.kind !== "quoted") return;
  const name = before.kind === "quoted" ? before.text.slice(1, -1) : before.text.toLowerCase();
  if (FUNCTIONS.has(name) || TYPES.has(name) || SYNTAX.has(name)) return;
  throw refused(`the function ${name}`);
}

/** `x::text`, `cast(x as text)`. */
function isBeforeType(before: Token): boolean {
  return before.text === "::" || (before.kind === "word" && before.text.toLowerCase() === "as");
}

function checkType({ kind, text }: Token): void {
  if (kind === "word" && TYPES.has(text.toLowerCase())) return;
  throw refused(`the type ${text}`);
}

function refused(what: string): Error {
  return invalidRequest(
    `where can't hold ${what}; it may compare the table's columns with values.`,
  );
}
