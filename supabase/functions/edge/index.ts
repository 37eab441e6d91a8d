import { createEdge } from "electric-gatekeeper/edge";

export default createEdge();
