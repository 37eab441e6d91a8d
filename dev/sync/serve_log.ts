import { type Answer, errorAnswer, JSON_TYPE, mustRefetch } from "./answer.ts";
import { nextCursor } from "./cursor.ts";
import {
  chunked,
  etag,
  followAsEvents,
  SSE_TIMEOUT_MS,
  toEvents,
  toJsonArray,
  upToDate,
} from "./log_body.ts";
import { BEFORE_ALL, compareOffsets, formatOffset, type Offset, SNAPSHOT } from "./offset.ts";
import type { RequestParams } from "./request_params.ts";
import { schemaHeader } from "./schema_header.ts";
import type { Shape } from "./shape.ts";
import { waitForNext } from "./wait.ts";

/** One request for a shape's log, its shape found and ready. */
export interface LogRequest {
  readonly method: string;
  readonly params: RequestParams;
  readonly shape: Shape;
  /** The query's cursor, as sent. */
  readonly cursor: string | undefined;
  readonly ifNoneMatch: string | null;
  readonly longPollMs: number;
  /** The last commit that the stream delivered, of any table. */
  readonly lastSeenLsn: () => bigint;
  /** Fires when the client hangs up. */
  readonly signal: AbortSignal;
}

type Body = Pick<Answer, "body"> & { readonly hasChanges: boolean; readonly offset: Offset };

/** Answers with the log after the requested offset; a live request waits for something to say. */
export async function serveLog(request: LogRequest): Promise<Answer> {
  const { shape, params, method } = request;
  const offset = responseOffset(request);
  if (matchesEtag(request, etag(shape.handle, params.offset, offset, true))) {
    return logAnswer(request, 304, { body: null, hasChanges: true, offset });
  }
  if (params.offset === "now") return nothingNew(request, offset);
  if (compareOffsets(shape.lastOffset, params.offset) < 0) return await outOfBounds(request);
  const messages = params.offset === BEFORE_ALL ? shape.initial : shape.since(params.offset);
  // A stream that is cut before its first up-to-date must not have moved the client past its rows.
  if (params.live && params.liveSse && messages.length > 0) return follow(request, params.offset);
  if (!params.live || messages.length > 0) {
    return logAnswer(request, 200, toBody(request, messages));
  }
  if (params.liveSse) return follow(request, offset);
  const outcome = await waitForNext(shape, request.longPollMs, request.signal);
  return outcome === "timeout" ? nothingNew(request, offset) : afterWait(method, outcome, request);
}

function follow(request: LogRequest, offset: Offset): Answer {
  const { shape, params, signal } = request;
  const from = params.offset === "now" ? offset : params.offset;
  const body = followAsEvents(shape, from, signal);
  return logAnswer(request, 200, { body, hasChanges: true, offset });
}

function afterWait(method: string, outcome: "changed" | "dropped" | "left", request: LogRequest) {
  if (outcome === "dropped") return mustRefetch(method);
  if (outcome === "left") return errorAnswer(method, 503, { message: "The client hung up" });
  const from = request.params.offset === "now" ? request.shape.lastOffset : request.params.offset;
  return logAnswer(request, 200, toBody(request, request.shape.since(from)));
}

/**
 * A client may be ahead for a moment, so it gets half a long poll's time, and then 400. SSE has
 * sent its 200 by then and just ends.
 */
async function outOfBounds(request: LogRequest): Promise<Answer> {
  const { shape, method, params } = request;
  const end = performance.now() + request.longPollMs / 2;
  while (params.offset !== "now" && compareOffsets(shape.lastOffset, params.offset) < 0) {
    const remaining = Math.max(end - performance.now(), 0);
    const outcome = await waitForNext(shape, remaining, request.signal);
    if (outcome === "timeout") {
      const errors = { offset: ["out of bounds for this shape"] };
      return errorAnswer(method, 400, { message: "Invalid request", errors });
    }
    if (outcome !== "changed") return afterWait(method, outcome, request);
  }
  return afterWait(method, "changed", request);
}

function toBody(request: LogRequest, messages: readonly string[]): Body {
  const { params, shape } = request;
  const offset = responseOffset(request);
  // A live answer trusts what this shape saw; another one may know of later commits elsewhere.
  const seen = request.lastSeenLsn();
  const lsn = params.live || seen < offset.lsn ? offset.lsn : seen;
  const all = params.offset === BEFORE_ALL ? shape.initial : [...messages, upToDate(lsn)];
  const bytes = params.live && params.liveSse ? toEvents(all) : toJsonArray(all);
  return { body: chunked(bytes), hasChanges: true, offset };
}

function nothingNew(request: LogRequest, offset: Offset): Answer {
  const body = toJsonArray([upToDate(request.lastSeenLsn())]);
  return logAnswer(request, 200, { body, hasChanges: false, offset });
}

/** Where the answer ends: the initial request gets the snapshot alone, any other the whole log. */
function responseOffset({ params, shape }: LogRequest): Offset {
  return params.offset === BEFORE_ALL ? SNAPSHOT : shape.lastOffset;
}

/** Electric compares whole etags, a weak one is never equal. */
function matchesEtag({ ifNoneMatch }: LogRequest, current: string): boolean {
  const bare = current.slice(1, -1);
  return (ifNoneMatch ?? "").split(",").some((tag) => tag.trim().replace(/^"+|"+$/g, "") === bare);
}

function logAnswer(
  request: LogRequest,
  status: number,
  { body, hasChanges, offset }: Body,
): Answer {
  const { params, shape } = request;
  const { table, columns } = shape.definition;
  const isSse = params.live && params.liveSse;
  const headers: (readonly [string, string])[] = [
    isSse ? ["content-type", "text/event-stream"] : JSON_TYPE,
  ];
  if (params.live) headers.push(["electric-cursor", nextCursor(request.cursor)]);
  headers.push(["etag", etag(shape.handle, params.offset, offset, hasChanges)]);
  headers.push(["electric-handle", shape.handle]);
  if (!params.live && status === 200) {
    headers.push(["electric-schema", schemaHeader(table, columns)]);
  }
  if (params.offset !== BEFORE_ALL) headers.push(["electric-up-to-date", ""]);
  headers.push(["electric-has-data", `${hasChanges}`]);
  headers.push(["electric-offset", formatOffset(offset)]);
  if (isSse) headers.push(["connection", "keep-alive"]);
  return { status, cacheControl: cacheControl(request), headers, body };
}

function cacheControl({ method, params }: LogRequest): string {
  if (method === "POST") return "no-cache";
  if (params.offset === BEFORE_ALL) {
    return "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746";
  }
  if (!params.live) return "public, max-age=60, stale-while-revalidate=300";
  if (params.liveSse) return `public, max-age=${SSE_TIMEOUT_MS / 1000 - 1}`;
  return "public, max-age=5, stale-while-revalidate=5";
}
