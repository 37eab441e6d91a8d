import { readQuery } from "../../shared/query.ts";
import { invalidRequest } from "../../shared/refusal.ts";
import { readGiven } from "../shapes/given.ts";
import type { GivenArguments } from "../shapes/shape.ts";
import { readJsonOrForm } from "./body.ts";
import { IGNORED, MAX_KIB } from "./request.ts";

/**
 * Reads a named shape's arguments: from the query and a form, where all values are texts, or a JSON
 * body. Throws a 400 {@link Refusal} for what can't be read or comes twice.
 */
export async function readArguments(request: Request, query: string): Promise<GivenArguments> {
  const { text, isForm } = await readJsonOrForm(request, MAX_KIB);
  const pairs = readQuery(query).filter(([name]) => !IGNORED.includes(name));
  const ofBody = isForm ? [] : Object.entries(readGiven(text === "" ? {} : parseBody(text)));
  const all = [...pairs, ...isForm ? readQuery(text) : [], ...ofBody];
  const given: GivenArguments = Object.fromEntries(all);
  if (Object.keys(given).length < all.length) throw invalidRequest(`An argument is given twice.`);
  return readGiven(given);
}

/** Reads JSON as it is: schemas check numbers, not their digits. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest("The body must be JSON.");
  }
}
