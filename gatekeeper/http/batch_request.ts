import { readQuery } from "../../shared/query.ts";
import { invalidRequest } from "../../shared/refusal.ts";
import { readShape, type Shape } from "../../shared/shape.ts";
import { readGiven } from "../shapes/given.ts";
import type { GivenArguments } from "../shapes/shape.ts";
import { parseBody } from "./arguments.ts";
import { readJsonOrForm } from "./body.ts";
import { checkFields, IGNORED } from "./request.ts";

/** As many as one request may ask for. */
const MAX_ASKED = 50;

/** Longest body, in KiB. */
const MAX_KIB = 512;

/** One of the list, before it is read. */
export type Item = Readonly<Record<string, unknown>>;

/** One of the list: a table's shape, or one by its name. */
export type ReadItem =
  | { readonly table: Shape }
  | { readonly name: string; readonly given: GivenArguments };

/** Reads the list of what is asked for. Throws a 400 {@link Refusal} for a body that isn't such a list. */
export async function readItems(request: Request, query: string): Promise<Item[]> {
  const { text, isForm } = await readJsonOrForm(request, MAX_KIB);
  const inQuery = readQuery(query).some(([name]) => !IGNORED.includes(name));
  const list: unknown = isForm || inQuery ? null : parseBody(text);
  if (!Array.isArray(list) || list.length < 1 || list.length > MAX_ASKED || !list.every(isItem)) {
    throw invalidRequest(
      `The body must be a JSON list of 1 to ${MAX_ASKED} objects, such as ` +
        '[{"table": "items"}, {"shape": "openTodos", "args": {}}], and nothing be in the query.',
    );
  }
  return list;
}

const isItem = (value: unknown): value is Item =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads one. Throws a 400 {@link Refusal}. */
export function readItem(item: Item): ReadItem {
  const { shape: name, args, ...others } = item;
  if (name === undefined && args === undefined) {
    checkFields(item);
    return { table: readShape(item) };
  }
  if (typeof name === "string" && Object.keys(others).length === 0) {
    return { name, given: readGiven(args ?? {}) };
  }
  throw invalidRequest(
    'Ask by {"table": …} with a shape\'s fields, or by {"shape": …, "args": …}.',
  );
}

/** What an item asks for, for a line of the log. */
export function labelOf({ table, shape }: Item): string {
  const [kind, name] = shape === undefined ? ["table", table] : ["shape", shape];
  const text = typeof name === "string" ? name.slice(0, 64).toWellFormed() : "?";
  return `${kind} ${encodeURIComponent(text)}`;
}
