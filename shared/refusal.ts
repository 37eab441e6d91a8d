/** Stable names of everything that we refuse, for logs and for code that catches a {@link Refusal}. */
export type RefusalCode =
  | "invalid_request"
  | "invalid_token"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "body_too_large"
  | "upstream_unreachable"
  | "upstream_timeout"
  | "unavailable"
  | "internal_error";

/** CORS headers of our own responses: without them a browser can't see a 401 and renew. */
export const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "electric-cursor,electric-handle,electric-has-data," +
    "electric-offset,electric-schema,electric-up-to-date,electric-internal-known-error,retry-after",
} as const;

/**
 * A request that we answer ourselves, with an error. The message says what to do next and never
 * holds a token, a key or the upstream URL.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    readonly code: RefusalCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** `{"message": "…"}`, never cached, readable across origins. */
  toResponse(): Response {
    const headers = { ...CORS, "cache-control": "no-store", ...this.headers };
    return Response.json({ message: this.message }, { status: this.status, headers });
  }
}

/** 400: the request can't be read; `message` names the field. */
export function invalidRequest(message: string): Refusal {
  return new Refusal(400, "invalid_request", message);
}

/** 405 with `Allow` (RFC 9110 section 15.5.6). */
export function methodNotAllowed(allow: string): Refusal {
  return new Refusal(405, "method_not_allowed", `Use one of: ${allow}.`, { allow });
}

/** 404 that names the paths which exist. */
export function notFound(paths: string): Refusal {
  return new Refusal(404, "not_found", `Nothing here. Try ${paths}.`);
}

/** A 2xx of our own with a JSON body; never cached unless `headers` say so. */
export function answer(body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, { headers: { ...CORS, "cache-control": "no-store", ...headers } });
}

/** A CORS preflight's answer (Fetch standard, 3.3). `*` doesn't cover `Authorization`. */
export function preflight(methods: string): Response {
  const headers = {
    ...CORS,
    "access-control-allow-methods": methods,
    "access-control-allow-headers": "Authorization, *",
    "access-control-max-age": "86400",
  };
  return new Response(null, { status: 204, headers });
}

/** A handler of HTTP requests; it may throw {@link Refusal}s. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * Turns what a handler throws into its answer. Anything but a {@link Refusal} is a bug of ours: a
 * 500 and one line in the log, with the error's name and place but not its message, which might
 * hold a token or a row.
 */
export function answerRefusals(handler: Handler, log: (line: string) => void): Handler {
  return async (request) => {
    try {
      return await handler(request);
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse();
      const place = error instanceof Error ? error.stack?.match(/\n\s+(at .*)/)?.[1] ?? "" : "";
      log(`unexpected ${error instanceof Error ? error.name : typeof error} ${place}`.trimEnd());
      return new Refusal(500, "internal_error", "Something went wrong; the server's log has more.")
        .toResponse();
    }
  };
}
