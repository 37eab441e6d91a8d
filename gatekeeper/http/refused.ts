import type { Refusal } from "../../shared/refusal.ts";
import { BadArguments } from "../shapes/bad_arguments.ts";

/** What a client is told of a refusal: `message`, and the schema's own `issues` where arguments are bad. */
export function bodyOf(refusal: Refusal): Readonly<Record<string, unknown>> {
  const { message } = refusal;
  return refusal instanceof BadArguments ? { message, issues: refusal.issues } : { message };
}
