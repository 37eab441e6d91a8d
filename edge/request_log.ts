import { targetOf } from "../shared/query.ts";
import { type Env, optional } from "./env.ts";
import type { Handler } from "../shared/refusal.ts";

/** As much of a path as a line shows, and what a table may be called to be shown. */
const PATH_LENGTH = 100;
const TABLE = /^[\w."]{1,130}$/;

/** The handler, which with `LOG_REQUESTS=1` tells of every request, as {@link logRequests} does. */
export function logRequestsIfAsked(
  env: Env,
  handler: Handler,
  log: (line: string) => void,
): Handler {
  return optional(env, "LOG_REQUESTS") === "1" ? logRequests(handler, log) : handler;
}

/**
 * Makes a handler that tells of every request in a line: method, path, table, status and
 * milliseconds until the answer began, which for a long poll is when it is answered. Nothing else of
 * a query, and no header, so neither a token nor a value.
 */
export function logRequests(handler: Handler, log: (line: string) => void): Handler {
  return async (request) => {
    const started = performance.now();
    const response = await handler(request);
    const { path, query } = targetOf(request);
    const table = new URLSearchParams(query).get("table") ?? "";
    const words = [
      request.method,
      path.slice(0, PATH_LENGTH),
      ...(TABLE.test(table) ? [table] : []),
      // A client that has left gets no answer, whatever it would have been.
      request.signal.aborted ? "left after" : response.status,
      `${Math.round(performance.now() - started)} ms`,
    ];
    log(words.join(" "));
    return response;
  };
}
