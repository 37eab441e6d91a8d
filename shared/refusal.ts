/** Stable names of everything that we refuse; for logs and for code that catches a {@link Refusal}. */
export type RefusalCode =
  | "invalid_request"
  | "invalid_token"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "body_too_large"
  | "upstream_unreachable"
  | "upstream_timeout"
  | "database_unavailable"
  | "internal_error";

const STATUS = {
  invalid_request: 400,
  invalid_token: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  internal_error: 500,
  upstream_unreachable: 502,
  database_unavailable: 503,
  upstream_timeout: 504,
} as const satisfies Record<RefusalCode, number>;

/** What browsers may read of a response of ours; Electric exposes the same list. */
const EXPOSED = "electric-cursor,electric-handle,electric-has-data,electric-offset," +
  "electric-schema,electric-up-to-date,electric-internal-known-error,retry-after";

/** CORS headers of our own responses: without them a browser can't see a 401 and renew. */
export const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": EXPOSED,
} as const;

/**
 * A request that we answer ourselves, with an error. The message says what to do next and never
 * holds a token, a key or the upstream URL.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  /** The HTTP status of the design's table. */
  get status(): number {
    return STATUS[this.code];
  }

  /** `{"message": "…"}`, never cached, readable across origins. */
  toResponse(): Response {
    return Response.json({ message: this.message }, {
      status: this.status,
      headers: { ...CORS, "cache-control": "no-store", ...this.headers },
    });
  }
}

/** 400: the request can't be read; `message` names the field. */
export function invalidRequest(message: string): Refusal {
  return new Refusal("invalid_request", message);
}

/** 401, the same for every reason: RFC 6750 section 3.1 has one code for all bad tokens. */
export function invalidToken(message: string): Refusal {
  return new Refusal("invalid_token", message, {
    "www-authenticate": 'Bearer error="invalid_token"',
  });
}

/** 405 with `Allow` (RFC 9110 section 15.5.6). */
export function methodNotAllowed(allow: string): Refusal {
  return new Refusal("method_not_allowed", `Use one of: ${allow}.`, { allow });
}

/** 404 that names the paths which exist. */
export function notFound(paths: string): Refusal {
  return new Refusal("not_found", `Nothing here. Try ${paths}.`);
}

/**
 * Answers a CORS preflight (Fetch standard, section 3.3). `*` doesn't cover `Authorization`, so
 * that one is named.
 */
export function preflight(methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...CORS,
      "access-control-allow-methods": methods,
      "access-control-allow-headers": "Authorization, *",
      "access-control-max-age": "86400",
    },
  });
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
      return new Refusal("internal_error", "Something went wrong here; the server's log has more.")
        .toResponse();
    }
  };
}
