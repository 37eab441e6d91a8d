export type { Authorization, SupabaseAuth } from "./authorization.ts";
export { GatekeeperError, type GatekeeperErrorCode } from "./error.ts";
export {
  type GatekeeperShape,
  gatekeeperShape,
  type GatekeeperShapeOptions,
} from "./gatekeeper_shape.ts";
export type { AnyShapes, ArgsOf, ShapeNames } from "./question.ts";
export { signOut } from "./session.ts";
