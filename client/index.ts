export { failWithStream } from "./collection.ts";
export {
  GatekeeperError,
  type GatekeeperErrorCode,
  gatekeeperShape,
  type GatekeeperShape,
  type GatekeeperShapeOptions,
} from "./gatekeeper.ts";
