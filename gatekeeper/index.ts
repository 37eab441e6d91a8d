export { createGatekeeper, type GatekeeperOptions } from "./gatekeeper.ts";
export {
  allow,
  definePolicies,
  deny,
  ownRows,
  type Policies,
  type PoliciesOptions,
  type Policy,
  type Question,
  Rows,
  rows,
  type Value,
  type Verdict,
} from "./policies/policy.ts";
export { from, Selection } from "./shapes/selection.ts";
export {
  defineShapes,
  type GivenArguments,
  type NamedShape,
  type NamedShapeWith,
  shape,
  type ShapeAsker,
  type ShapeQuestion,
  type Shapes,
  type ShapeVerdict,
} from "./shapes/shape.ts";
export type { StandardSchema } from "./shapes/standard_schema.ts";
export { rls } from "./policies/rls/rls.ts";
export type { Authenticate, User } from "./users/authenticate.ts";
export type { Env } from "../edge/env.ts";
export type { Server, ServerOptions } from "../edge/server.ts";
export { ConfigError } from "../shared/config_error.ts";
export type { Shape } from "../shared/shape.ts";
