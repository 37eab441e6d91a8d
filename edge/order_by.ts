import { parseName, quoteName } from "../shared/identifier.ts";
import { invalidRequest } from "../shared/refusal.ts";

/** A name, in double quotes or without; which names are good is {@link parseName}'s to say. */
const NAME = /"(?:[^"]|"")+"|[^\s",()]+/;
const BLANKS = "[ \\t\\r\\n]+";

/** One item of a list, with what ends it: a comma or the text's end. */
const ITEM = new RegExp(
  `[ \\t\\r\\n]*(?<name>${NAME.source})` +
    `(?:${BLANKS}(?<direction>asc|desc))?` +
    `(?:${BLANKS}nulls${BLANKS}(?<nulls>first|last))?` +
    `[ \\t\\r\\n]*(?<end>,|$)`,
  "iy",
);

/**
 * Reads the `order_by` of a subset query: columns with a comma between them, each with `ASC` or
 * `DESC` and `NULLS FIRST` or `NULLS LAST` at most. Gives it written anew, each name in double quotes,
 * so that Postgres can take it for nothing but a column: Electric lets expressions and trailing
 * clauses through here, which read other tables.
 *
 * `queryable`: the columns that may be named, `null` for all. Throws a 400 {@link Refusal}.
 */
export function readOrderBy(text: string, queryable: readonly string[] | null): string {
  const items: string[] = [];
  let from = 0;
  let ended = false;
  while (!ended) {
    ITEM.lastIndex = from;
    const item = ITEM.exec(text)?.groups;
    if (item === undefined) throw badOrder();
    const name = parseName(item["name"] ?? "", "order_by");
    if (queryable !== null && !queryable.includes(name)) {
      throw invalidRequest("order_by names a column that this token doesn't let you query.");
    }
    items.push(writeItem(name, item["direction"], item["nulls"]));
    from = ITEM.lastIndex;
    ended = item["end"] === "";
  }
  return items.join(", ");
}

function writeItem(name: string, direction: string | undefined, nulls: string | undefined): string {
  const order = direction === undefined ? "" : ` ${direction.toUpperCase()}`;
  const place = nulls === undefined ? "" : ` NULLS ${nulls.toUpperCase()}`;
  return `${quoteName(name)}${order}${place}`;
}

const badOrder = () =>
  invalidRequest(
    'order_by must be a list of columns, each with ASC or DESC and NULLS FIRST or LAST at most: "name" DESC.',
  );
