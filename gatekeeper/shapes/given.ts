import { readText } from "../../shared/query.ts";
import { invalidRequest } from "../../shared/refusal.ts";
import type { GivenArguments } from "./shape.ts";

/** How deeply arguments may be nested: schemas and printers of others' walk them. */
const MAX_DEPTH = 32;

/**
 * Reads arguments that came as JSON. Throws a 400 {@link Refusal} for what isn't an object, and for what
 * no schema should have to expect: names that reach into prototypes, texts that Postgres can't hold,
 * numbers beyond all bounds, thousands of levels.
 */
export function readGiven(value: unknown): GivenArguments {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidRequest('The arguments must be a JSON object, such as {"project": "…"}.');
  }
  checkValue(value, 0);
  return { ...value };
}

function checkValue(value: unknown, depth: number): void {
  if (typeof value === "string") readText("An argument", value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw invalidRequest("An argument is a number beyond all bounds.");
  }
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH) {
    throw invalidRequest(`The arguments are nested more than ${MAX_DEPTH} levels deep.`);
  }
  if (Array.isArray(value)) {
    for (const element of value) checkValue(element, depth + 1);
    return;
  }
  for (const [name, field] of Object.entries(value)) {
    readText("An argument's name", name);
    if (name === "__proto__") throw invalidRequest("No argument can be named __proto__.");
    checkValue(field, depth + 1);
  }
}
