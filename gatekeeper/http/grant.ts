import { invalidRequest, Refusal } from "../../shared/refusal.ts";
import type { GatekeeperConfig } from "../config.ts";
import { TOO_MUCH } from "../policies/decide.ts";
import type { Decision, Explain } from "../policies/decision.ts";
import type { Standing } from "../revocations/decide_since.ts";
import { type Answer, createMint, TokenTooLong } from "../tokens/mint.ts";
import type { User } from "../users/authenticate.ts";

/** What was decided, and of what. */
export interface Granted extends Standing {
  readonly decision: Decision;
  readonly user: User | null;
}

/** Signs what was granted, and gives what a client is answered. Throws {@link Refusal}s. */
export type Grant = (granted: Granted, explain: Explain) => Promise<Answer>;

export function createGrant(config: GatekeeperConfig): Grant {
  const mint = createMint(config);
  return async ({ decision, user, shape, now, notBefore }, explain) => {
    try {
      return await mint(shape, user, now, notBefore);
    } catch (error) {
      if (!(error instanceof TokenTooLong)) throw error;
      // A policy that leaves the shape to the client grants what was asked for, itself.
      if (shape === decision.asked) throw tooLongAsked();
      explain(`the policy of ${decision.of} grants too much text: ${error.message}. ${TOO_MUCH}`);
      throw tooLongGranted();
    }
  };
}

function tooLongAsked(): Refusal {
  return invalidRequest("where, params and columns are too long for a token; ask for less.")
    .because("token_too_long");
}

function tooLongGranted(): Refusal {
  const message = "The policy grants more than a token can hold; the gatekeeper's log says why.";
  return new Refusal(500, "policy_failed", message).because("token_too_long");
}
