import { createGatekeeper } from "electric-gatekeeper";
import { policies, shapes } from "./policies.ts";

export default createGatekeeper({ policies, shapes });
