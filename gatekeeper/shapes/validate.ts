import { PolicyError } from "../policies/policy_error.ts";
import { type ArgumentIssue, BadArguments } from "./bad_arguments.ts";
import type { OutputOf, StandardSchema } from "./standard_schema.ts";

/** As many issues as are told: a long list may have one for each element. */
const MAX_ISSUES = 20;

/** As much of a path as is told, and as many characters of each text. */
const MAX_PATH = 20;
const MAX_TEXT = 200;

/**
 * Gives what a schema makes of arguments. Throws {@link BadArguments} with the schema's own issues, and a
 * {@link PolicyError} for a schema that gives neither a value nor issues.
 */
export async function validate<Schema extends StandardSchema>(
  schema: Schema,
  given: unknown,
): Promise<OutputOf<Schema>> {
  const result = await schema["~standard"].validate(given);
  if (typeof result !== "object" || result === null) throw noResult();
  // Before the value, which valibot gives beside them.
  if (result.issues !== undefined) throw new BadArguments(readIssues(result.issues));
  if (!("value" in result)) throw noResult();
  return result.value;
}

const noResult = () =>
  new PolicyError("the schema of args gives neither a value nor issues: is it a Standard Schema?");

/** Schemas are others' code, so nothing is taken for granted. */
function readIssues(issues: unknown): ArgumentIssue[] {
  const all: unknown[] = Array.isArray(issues) ? issues.slice(0, MAX_ISSUES) : [];
  return all.map((issue) => {
    const { message, path } = { message: undefined, path: undefined, ...Object(issue) };
    const keys: unknown[] = Array.isArray(path) ? path.slice(0, MAX_PATH) : [];
    return { path: keys.map(readKey), message: shorten(String(message ?? "is wrong")) };
  });
}

function readKey(segment: unknown): string | number {
  const isObject = typeof segment === "object" && segment !== null;
  const key: unknown = isObject ? Reflect.get(segment, "key") : segment;
  return typeof key === "number" ? key : shorten(String(key));
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…` : text;
}
