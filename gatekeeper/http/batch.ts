import { targetOf } from "../../shared/query.ts";
import { answer, checkMethod, Refusal } from "../../shared/refusal.ts";
import { decideAll } from "../policies/decide_all.ts";
import { tableDecision } from "../policies/decide.ts";
import { type Decision, type Explain, refused } from "../policies/decision.ts";
import { Turns, turnsOf } from "../policies/turns.ts";
import { decideManySince, type Standing } from "../revocations/decide_since.ts";
import { BadArguments } from "../shapes/bad_arguments.ts";
import { namedDecision } from "../shapes/decide_shape.ts";
import type { User } from "../users/authenticate.ts";
import { type Item, labelOf, readItem, readItems } from "./batch_request.ts";
import type { Grant } from "./grant.ts";
import type { GatekeeperParts } from "./parts.ts";
import { bodyOf } from "./refused.ts";

/** One answer of many, as JSON. */
interface OneAnswer {
  readonly status: number;
}

/**
 * `POST /gatekeeper` with a list: who asks, once, and then each as if it had been asked for alone, in one
 * transaction. Each answer has the `status` that it would have had, and a line in the log.
 */
export function createBatch(
  { config, policies, shapes, database, authenticate, revocations, around }: GatekeeperParts,
  grant: Grant,
): (request: Request) => Promise<Response> {
  const turns = new Turns(turnsOf(database));

  function decisionOf(item: Item): Decision {
    try {
      const asked = readItem(item);
      return "table" in asked
        ? tableDecision(policies, asked.table, config.proxyChecksHandles)
        : namedDecision(shapes, asked.name, asked.given, config);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refused(error);
    }
  }

  function toAsked(item: Item) {
    const reasons: string[] = [];
    const explain = (line: string) => void reasons.push(line);
    return { decision: decisionOf(item), explain, reasons, label: labelOf(item) };
  }

  async function answerOne(
    decision: Decision,
    outcome: Standing | Refusal,
    user: User | null,
    explain: Explain,
  ): Promise<OneAnswer> {
    try {
      if (outcome instanceof Refusal) throw outcome;
      return { status: 200, ...await grant({ decision, user, ...outcome }, explain) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error instanceof BadArguments) explain(error.message);
      explain(error.reason);
      return { status: error.status, ...bodyOf(error) };
    }
  }

  return async (request) => {
    const { path, query } = targetOf(request);
    const preflight = checkMethod(request, "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const user = await authenticate(request);
    const items = await readItems(request, query);
    const outcomes = await decideManySince(
      revocations,
      user,
      items.map(toAsked),
      (some) => decideAll(some, user, database, { turns }),
    );
    const answers: OneAnswer[] = [];
    for (const [each, outcome] of outcomes) {
      const one = await answerOne(each.decision, outcome, user, each.explain);
      const place = `${answers.push(one)} of ${items.length}, ${each.label}`;
      around.log([`POST ${path} (${place}) ${one.status}`, ...each.reasons].join(": "));
    }
    return answer(answers);
  };
}
