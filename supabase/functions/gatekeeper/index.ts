import { createGatekeeper } from "electric-gatekeeper";
import { policies } from "./policies.ts";

export default createGatekeeper({ policies });
