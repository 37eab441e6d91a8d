/** CORS headers of our own responses: without them a browser can't see a 401 and renew. */
const CORS = { "access-control-allow-origin": "*", "access-control-expose-headers": "*" };

type HeaderFields = Readonly<Record<string, string>>;

/**
 * A request that we answer ourselves, with an error. `code` is stable; the message says what to do
 * next and never holds a token, a key or the upstream URL.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string;
  readonly headers: HeaderFields;
  #reason: string;

  constructor(status: number, code: string, message = "", headers: HeaderFields = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.#reason = code;
  }

  /**
   * Why, for the log alone: a stable word (`expired`, `no_policy`), and what was expected where that
   * helps. Answers stay uniform, for what they tell is told to forgers, too.
   */
  get reason(): string {
    return this.#reason;
  }

  /** Sets {@link reason}. */
  because(reason: string): this {
    this.#reason = reason;
    return this;
  }
}

/** 400 `invalid_request`: the request can't be read; `message` names the field. */
export const invalidRequest = (message: string) => new Refusal(400, "invalid_request", message);

/** JSON of our own: readable across origins, never cached unless `headers` say so. */
export function answer(body: unknown, status = 200, headers: HeaderFields = {}): Response {
  // Not by Response.json, to which Bun adds a charset that JSON doesn't have.
  const own = { ...CORS, "content-type": "application/json", "cache-control": "no-store" };
  return new Response(JSON.stringify(body), { status, headers: { ...own, ...headers } });
}

/** The answer to a request that was refused: `{"message": "…"}`. */
export function answerTo({ message, status, headers }: Refusal): Response {
  return answer({ message }, status, headers);
}

/**
 * Throws a 405 with `Allow` (RFC 9110 section 15.5.6) unless the method is one of these. Gives the
 * answer to a CORS preflight (Fetch standard, 3.3; `*` doesn't cover `Authorization`), else `null`.
 */
export function checkMethod({ method }: Request, ...methods: string[]): Response | null {
  const allow = methods.join(", ");
  if (!methods.includes(method)) {
    throw new Refusal(405, "method_not_allowed", `Use one of: ${allow}.`, { allow });
  }
  if (method !== "OPTIONS") return null;
  const headers = {
    ...CORS,
    "access-control-allow-methods": allow,
    "access-control-allow-headers": "Authorization, *",
    "access-control-max-age": "86400",
  };
  return new Response(null, { status: 204, headers });
}

/** A handler of HTTP requests; it may throw {@link Refusal}s. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * Turns what a handler throws into its answer, and tells `onRefusal` of each {@link Refusal}. Anything
 * else is a bug of ours: a 500 and one line in the log, with the error's name and place but not its
 * message, which might hold a token or a row.
 */
export function answerRefusals(
  handler: Handler,
  log: (line: string) => void,
  onRefusal: (refusal: Refusal) => void = () => {},
): Handler {
  return async (request) => {
    try {
      return await handler(request);
    } catch (error) {
      if (error instanceof Refusal) {
        onRefusal(error);
        return answerTo(error);
      }
      log(`unexpected ${nameAndPlace(error)}`);
      return answer({ message: "Something went wrong; see the server's log." }, 500);
    }
  };
}

function nameAndPlace(error: unknown): string {
  if (!(error instanceof Error)) return "value that is no Error";
  const place = /\n\s+(at .*)/.exec(error.stack ?? "")?.[1] ?? "";
  return `${error.name} ${place}`;
}
