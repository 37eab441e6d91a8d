export { failWithStream } from "./collection.ts";
export {
  GatekeeperError,
  type GatekeeperErrorCode,
  type GatekeeperShape,
  gatekeeperShape,
  type GatekeeperShapeOptions,
} from "./gatekeeper.ts";
