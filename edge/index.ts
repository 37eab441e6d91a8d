export { createEdge } from "./edge.ts";
export type { Server, ServerOptions } from "./server.ts";
export type { Env } from "./env.ts";
export { ConfigError } from "../shared/config_error.ts";
