/** A response before the headers that every response carries. */
export interface Answer {
  readonly status: number;
  readonly cacheControl: string;
  /** In the order in which Electric sends them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | null;
}

/** Cowboy's default where Electric says nothing. */
export const DEFAULT_CACHE_CONTROL = "max-age=0, private, must-revalidate";
export const JSON_TYPE = ["content-type", "application/json; charset=utf-8"] as const;

const encoder = new TextEncoder();

/** A JSON answer of known length. */
export function jsonAnswer(
  status: number,
  body: unknown,
  cacheControl = DEFAULT_CACHE_CONTROL,
): Answer {
  return {
    status,
    cacheControl,
    headers: [JSON_TYPE],
    body: encoder.encode(JSON.stringify(body)),
  };
}

/** An error of the shape API. Nothing keeps it, least of all a CDN. */
export function errorAnswer(
  method: string,
  status: number,
  body: unknown,
  retryAfter?: number,
): Answer {
  // Electric sets its cache headers for GET alone; anything else is `no-cache`.
  if (method === "POST" || method === "DELETE") return jsonAnswer(status, body, "no-cache");
  const answer = jsonAnswer(status, body, "no-store");
  const headers = [...answer.headers, ["surrogate-control", "no-store"] as const];
  if (retryAfter !== undefined) headers.push(["retry-after", `${retryAfter}`]);
  return { ...answer, headers };
}

/** Tells a client to start anew, under `handle` when the new shape is known. */
export function mustRefetch(method: string, handle?: string): Answer {
  const maxAge = handle === undefined ? 1 : 60;
  const cacheControl = method === "POST"
    ? "no-cache"
    : `public, max-age=${maxAge}, must-revalidate`;
  const answer = jsonAnswer(409, [{ headers: { control: "must-refetch" } }], cacheControl);
  if (handle === undefined) return answer;
  const headers = [...answer.headers, ["etag", `"${handle}::"`], [
    "electric-handle",
    handle,
  ]] as const;
  return { ...answer, headers };
}
