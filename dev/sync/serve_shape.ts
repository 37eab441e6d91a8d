import postgres from "postgres";
import { type Answer, errorAnswer, jsonAnswer, mustRefetch } from "./answer.ts";
import type { Sql } from "./connection.ts";
import { defineShape } from "./define_shape.ts";
import { defineSubset } from "./define_subset.ts";
import type { Follower } from "./follower.ts";
import { BodyRefused, mergeFields, readBody, type RequestFields } from "./request_body.ts";
import { checkParams, InvalidRequest } from "./request_params.ts";
import { serveLog } from "./serve_log.ts";
import { serveSubset } from "./serve_subset.ts";
import type { ShapeRegistry } from "./shape_registry.ts";
import type { Shape } from "./shape.ts";
import type { TableCache } from "./table_cache.ts";

/** What serving shapes needs. */
export interface ShapeServer {
  readonly reader: Sql;
  readonly tables: TableCache;
  readonly shapes: ShapeRegistry;
  readonly follower: Follower;
  readonly longPollMs: number;
  readonly secret: string | undefined;
  readonly allowsDeletion: boolean;
  readonly log: (line: string) => void;
}

/** How long a request waits for Postgres to come back. */
export const READY_MS = 5000;
/** The table, a column or a schema isn't there any more. */
const GONE_CODES = new Set(["42P01", "42703", "3F000"]);

/** Answers GET, HEAD and POST on `/v1/shape`; `query` is the request's, decoded. */
export async function serveShape(
  server: ShapeServer,
  request: Request,
  query: RequestFields,
): Promise<Answer> {
  const { method } = request;
  try {
    const fields = mergeFields(query, method === "POST" ? await readBody(request) : {});
    if (!await server.follower.waitUntilReady(READY_MS)) return notReady(method);
    return await serveFields(server, request, query, fields);
  } catch (error) {
    if (error instanceof BodyRefused) return jsonAnswer(error.status, error.body);
    return answerFailure(server, method, error);
  }
}

/** Postgres is away. */
export function notReady(method: string): Answer {
  return errorAnswer(method, 503, { message: "Postgres is not connected, please retry" }, 5);
}

async function serveFields(
  server: ShapeServer,
  request: Request,
  query: RequestFields,
  fields: RequestFields,
): Promise<Answer> {
  const { method } = request;
  const { reader, tables, shapes, follower, longPollMs } = server;
  const params = checkParams(fields);
  const definition = await defineShape(tables, reader, params);
  const subset = params.subset && await defineSubset(reader, definition, params.subset);
  const shape = params.handle === undefined
    ? shapes.get(definition)
    : shapes.resume(definition, params.handle);
  if (params.handle !== undefined && params.handle !== shape.handle) {
    return mustRefetch(method, shape.handle);
  }
  const failure = await loadFailure(shape, method);
  if (failure !== undefined) return failure;
  if (subset !== undefined) return await serveSubset(reader, method, params, shape, subset);
  return await serveLog({
    method,
    params,
    shape,
    cursor: typeof query.cursor === "string" ? query.cursor : undefined,
    ifNoneMatch: request.headers.get("if-none-match"),
    longPollMs,
    lastSeenLsn: () => follower.lastSeenLsn,
    signal: request.signal,
  });
}

/** Waits for a shape's snapshot; gives the answer when there is none to be had. */
async function loadFailure(shape: Shape, method: string): Promise<Answer | undefined> {
  try {
    await shape.ready;
    return shape.isDropped ? mustRefetch(method) : undefined;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || /^(08|57)/.test(error.code)) throw error;
    if (GONE_CODES.has(error.code)) return mustRefetch(method);
    const message = `Unexpected error while creating snapshot: ${error.message}`;
    return errorAnswer(method, 500, { message });
  }
}

/** The answer to a request that threw: its own fault, the database's or ours. */
export function answerFailure(server: ShapeServer, method: string, error: unknown): Answer {
  if (error instanceof InvalidRequest) {
    return errorAnswer(method, 400, { message: "Invalid request", errors: error.errors });
  }
  if (error instanceof postgres.PostgresError && GONE_CODES.has(error.code)) {
    return mustRefetch(method);
  }
  server.log(`a request failed: ${error}`);
  const isDatabase = error instanceof postgres.PostgresError
    ? /^(08|53|57)/.test(error.code)
    : error instanceof Error && "code" in error;
  if (!isDatabase) return jsonAnswer(500, { error: "Internal server error" });
  const body = { code: "database_unreachable", error: "Database is unreachable" };
  return errorAnswer(method, 503, body, 1);
}

/** Whether a request may be served: without a configured secret, any. The last one given counts. */
export function isAuthorised(secret: string | undefined, query: RequestFields): boolean {
  return secret === undefined || (query.secret ?? query.api_secret) === secret;
}
