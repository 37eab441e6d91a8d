import { targetOf } from "../../shared/query.ts";
import { answer, checkMethod } from "../../shared/refusal.ts";
import { BadArguments } from "../shapes/bad_arguments.ts";
import { namedDecision } from "../shapes/decide_shape.ts";
import type { AnswerOne } from "./answer_one.ts";
import { readArguments } from "./arguments.ts";
import type { AnswerToken, GatekeeperParts } from "./parts.ts";
import { unknownPath } from "./paths.ts";
import { bodyOf } from "./refused.ts";

/** `POST /gatekeeper/shapes/:name`: who asks, with which arguments, what do they get, and the token. */
export function createNamed(parts: GatekeeperParts, answerOne: AnswerOne): AnswerToken {
  const { config, shapes, authenticate } = parts;
  const prefix = `${config.paths.shapes}/`;

  const answerNamed: AnswerToken = async (request, explain) => {
    const { path, query } = targetOf(request);
    const name = path.slice(prefix.length);
    if (name === "" || name.includes("/")) throw unknownPath();
    const preflight = checkMethod(request, "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const user = await authenticate(request);
    const decision = namedDecision(shapes, name, await readArguments(request, query), config);
    return await answerOne(decision, user, explain);
  };

  return async (request, explain) => {
    try {
      return await answerNamed(request, explain);
    } catch (error) {
      if (!(error instanceof BadArguments)) throw error;
      explain(error.message);
      explain(error.reason);
      return answer(bodyOf(error), error.status);
    }
  };
}
