import { Refusal } from "../../shared/refusal.ts";
import type { Shape } from "../../shared/shape.ts";
import { decideByPolicy, type DecideOptions } from "../policies/decide.ts";
import type { Asker, Decision } from "../policies/decision.ts";
import { PolicyError } from "../policies/policy_error.ts";
import { Selection } from "./selection.ts";
import { findShape, type GivenArguments, type Shapes, type ShapeVerdict } from "./shape.ts";

/**
 * Decides by a named shape: its schema reads the arguments, its `get` gives a selection, and that is
 * checked against the database as a policy's rows are. A name that nobody defined is a 404. Without
 * `proxyChecksHandles` no shape that takes arguments is signed.
 */
export function namedDecision(
  shapes: Shapes,
  name: string,
  given: GivenArguments,
  { proxyChecksHandles = true }: Pick<DecideOptions, "proxyChecksHandles"> = {},
): Decision {
  const forbidden = (reason: string) => forbiddenShape(name, reason);
  return {
    of: `shape ${name}`,
    asked: null,
    checks: `what shape ${name} gives`,
    forbidden,
    async open() {
      const named = findShape(shapes, name);
      if (named === undefined) throw unknownShape();
      if ("args" in named && !proxyChecksHandles) throw refusedArguments(name);
      const get = await named.open(given);
      return async (asker, checking) => {
        const verdict: unknown = await ask(name, get, asker);
        if (verdict === false || verdict === null) throw forbidden("denied");
        if (!(verdict instanceof Selection)) {
          throw new PolicyError(
            `get of shape ${name} gives from(…), false or null, not ${typeof verdict}`,
          );
        }
        return await check(name, verdict, asker, checking);
      };
    },
  };
}

/** Asks `get`; no refusal of it is a client's, for a client said nothing but arguments. */
async function ask(
  name: string,
  get: (asker: Asker) => ShapeVerdict | Promise<ShapeVerdict>,
  asker: Asker,
): Promise<unknown> {
  try {
    return await get(asker);
  } catch (error) {
    throw error instanceof Refusal ? mistake(name, error) : error;
  }
}

async function check(
  name: string,
  { policy, asked }: Selection,
  asker: Asker,
  checking: () => void,
): Promise<Shape> {
  try {
    return await decideByPolicy(policy, { ...asker, shape: asked }, true, checking);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.reason === "denied") throw forbiddenShape(name, "denied");
    throw mistake(name, error);
  }
}

function mistake(name: string, { message, reason }: Refusal): PolicyError {
  const what = reason === "no_such_table" ? "the database has no such table" : message;
  return new PolicyError(`of shape ${name}: ${what}`);
}

function forbiddenShape(name: string, reason: string): Refusal {
  return new Refusal(403, "forbidden", `You may not sync shape ${name}.`).because(reason);
}

/**
 * Arguments become a clause's values, by which a client chooses the shape's hash as freely as by a `where`
 * of its own: what `refuseClause` of policies/decide.ts is against.
 */
function refusedArguments(name: string): Refusal {
  const message = `This server's proxy takes no shapes with arguments, such as ${name}: sync one ` +
    "that has none, and narrow with subset queries.";
  return new Refusal(403, "forbidden", message);
}

function unknownShape(): Refusal {
  const message =
    "There is no shape of this name. GET /gatekeeper/shapes lists those that there are.";
  return new Refusal(404, "not_found", message).because("no_such_shape");
}
