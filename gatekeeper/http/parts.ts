import type { Surroundings } from "../../edge/proxy.ts";
import type { Handler } from "../../shared/refusal.ts";
import type { GatekeeperConfig } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { Explain } from "../policies/decision.ts";
import type { Policies } from "../policies/policy.ts";
import type { OwnRevocations } from "../revocations/own.ts";
import type { Shapes } from "../shapes/shape.ts";
import type { Authenticate } from "../users/authenticate.ts";

/** What the gatekeeper is made of. */
export interface GatekeeperParts {
  readonly config: GatekeeperConfig;
  readonly policies: Policies;
  readonly shapes: Shapes;
  readonly database: Database;
  readonly authenticate: Authenticate;
  readonly revocations: OwnRevocations;
  readonly around: Surroundings;
  /** Tells of each request that isn't told of anyway. */
  readonly logged: (handler: Handler) => Handler;
}

/** Answers one request for a token. What the log should know goes to `explain`, line by line. */
export type AnswerToken = (request: Request, explain: Explain) => Promise<Response>;
