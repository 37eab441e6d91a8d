import type { Surroundings } from "../../edge/proxy.ts";
import type { Handler } from "../../shared/refusal.ts";
import type { GatekeeperConfig } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { Policies } from "../policies/policy.ts";
import type { OwnRevocations } from "../revocations/own.ts";
import type { Authenticate } from "../users/authenticate.ts";

/** What the gatekeeper is made of. */
export interface GatekeeperParts {
  readonly config: GatekeeperConfig;
  readonly policies: Policies;
  readonly database: Database;
  readonly authenticate: Authenticate;
  readonly revocations: OwnRevocations;
  readonly around: Surroundings;
  /** Tells of each request that isn't told of anyway. */
  readonly logged: (handler: Handler) => Handler;
}
