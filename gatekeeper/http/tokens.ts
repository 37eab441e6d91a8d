import { targetOf } from "../../shared/query.ts";
import { answer, checkMethod, invalidRequest, Refusal } from "../../shared/refusal.ts";
import type { Shape } from "../../shared/shape.ts";
import { createDecide, TOO_MUCH } from "../policies/decide.ts";
import { decideSince } from "../revocations/decide_since.ts";
import { createMint, TokenTooLong } from "../tokens/mint.ts";
import type { GatekeeperParts } from "./parts.ts";
import { readShapeRequest, tableOf } from "./request.ts";

/** Answers one request for a token. What the log should know goes to `explain`, line by line. */
export type AnswerToken = (
  request: Request,
  explain: (line: string) => void,
) => Promise<Response>;

/** `POST /gatekeeper/:table`: who asks, for which shape, may they, and the token. */
export function createTokens(parts: Omit<GatekeeperParts, "around">): AnswerToken {
  const { config, policies, database, authenticate, revocations } = parts;
  const decide = createDecide(policies, database, {
    proxyChecksHandles: config.proxyChecksHandles,
  });
  const mint = createMint(config);
  return async (request, explain) => {
    const { path, query } = targetOf(request);
    const table = tableOf(path.slice(config.paths.tables.length));
    const preflight = checkMethod(request, "POST", "OPTIONS");
    if (preflight !== null) return preflight;
    const user = await authenticate(request);
    const asked = await readShapeRequest(request, table, query);
    const { shape, now, notBefore } = await decideSince(
      revocations,
      user,
      () => decide(user, asked, explain),
    );
    try {
      return answer(await mint(shape, user, now, notBefore));
    } catch (error) {
      if (!(error instanceof TokenTooLong)) throw error;
      // A policy that leaves the shape to the client grants what was asked for, itself.
      throw shape === asked ? tooLongAsked() : tooLongGranted(error, shape, explain);
    }
  };
}

function tooLongAsked(): Refusal {
  return invalidRequest("where, params and columns are too long for a token; ask for less.")
    .because("token_too_long");
}

function tooLongGranted(
  error: TokenTooLong,
  { table }: Shape,
  explain: (line: string) => void,
): Refusal {
  explain(`the policy of ${table} grants too much text: ${error.message}. ${TOO_MUCH}`);
  const message = "The policy grants more than a token can hold; the gatekeeper's log says why.";
  return new Refusal(500, "policy_failed", message).because("token_too_long");
}
