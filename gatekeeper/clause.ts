import { invalidRequest } from "../shared/refusal.ts";

/** What a clause is made of, as Postgres reads it (its manual, section 4.1): the kinds told apart here. */
const TOKEN = new RegExp(
  [
    /(?<space> +)/u,
    /(?<string>'(?:[^']|'')*')/u,
    /(?<quoted>"(?:[^"]|"")+")/u,
    /(?<word>[\p{L}_][\p{L}\p{M}\p{N}_$]*)/u,
    /(?<number>\d+(?:\.\d*)?|\.\d+|\$\d+)/u,
    /(?<operator>[-+*/<>=~!@#%^&|?`]+)/u,
    /(?<mark>::?|[()[\],])/u,
  ].map(({ source }) => source).join("|"),
  "uy",
);

/** Every subquery holds one of these, and none of them can name a column without quotes. */
const QUERIES = /^(select|values|table)$/i;

/** Types whose literals ask whether a table, a role, … exists. */
const LOOKUPS =
  /^"?reg(class|collation|config|dictionary|namespace|oper|operator|proc|procedure|role|type)"?$/i;

/**
 * Checks that a client's `where` speaks of nothing but the columns of its table and constants.
 * A subquery would let Electric read tables that nobody granted; a name with a schema in front, or a
 * `regclass`, would ask Postgres what else exists. Whether it is a valid expression is not looked
 * at. Throws a 400 {@link Refusal} for these and for what may be read in two ways: comments, and
 * strings with escapes (`E'…'`, `U&'…'`, `$$…$$`).
 */
export function checkClause(where: string): void {
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < where.length) {
    const from = TOKEN.lastIndex;
    const { string, quoted, word = quoted ?? "", operator = "" } = TOKEN.exec(where)?.groups ?? {};
    if (TOKEN.lastIndex === 0) {
      throw refused(where[from] === "." ? "a name with a dot" : `what begins at ${from + 1}`);
    }
    if (QUERIES.test(word)) throw refused("a subquery");
    if (LOOKUPS.test(word)) throw refused(word);
    if (/--|\/\*/.test(operator)) throw refused("a comment");
    if (
      (string ?? quoted) !== undefined &&
      /(^|[^\p{L}\p{M}\p{N}_$])(e|u&)$/iu.test(where.slice(0, from))
    ) {
      throw refused("a text with escapes");
    }
  }
}

function refused(what: string): Error {
  return invalidRequest(
    `where can't hold ${what}; it may compare the table's columns with values.`,
  );
}
