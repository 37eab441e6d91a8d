import { answer } from "../../shared/refusal.ts";
import { decideOne, type Decision, type Explain } from "../policies/decision.ts";
import { decideSince } from "../revocations/decide_since.ts";
import type { User } from "../users/authenticate.ts";
import type { Grant } from "./grant.ts";
import type { GatekeeperParts } from "./parts.ts";

/** Decides, signs what stands, and answers. Throws the `Refusal`s. */
export type AnswerOne = (
  decision: Decision,
  user: User | null,
  explain: Explain,
) => Promise<Response>;

export function createAnswerOne(
  { database, revocations }: Pick<GatekeeperParts, "database" | "revocations">,
  grant: Grant,
): AnswerOne {
  return async (decision, user, explain) => {
    const decide = () => decideOne(decision, user, database, explain);
    const standing = await decideSince(revocations, user, decide);
    return answer(await grant({ decision, user, ...standing }, explain));
  };
}
