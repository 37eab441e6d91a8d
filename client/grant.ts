/** What a client asks the gatekeeper for. */
export interface ShapeRequest {
  /** Base URL of the gatekeeper, `http://localhost:4000`. */
  readonly gatekeeperUrl: string;
  readonly table: string;
  readonly where?: string;
  /** Values of `$1`, `$2`, … in `where`. */
  readonly params?: readonly string[] | Readonly<Record<string, string>>;
  readonly columns?: readonly string[];
  readonly replica?: "default" | "full";
}

/** What the gatekeeper grants: where to sync from, and the token to sync with. */
export interface Grant {
  readonly url: string;
  readonly authorization: string;
  readonly params: {
    table: string;
    where?: string;
    columns?: string[];
    params?: Record<`${number}`, string>;
    replica?: "default" | "full";
  };
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Why there is no grant: the gatekeeper doesn't answer or can't now (`unavailable`, worth another try), says
 * no (`refused`) or answers something else (`bad_answer`); the proxy doesn't take the tokens it signs
 * (`not_accepted`); or the stream failed with an error that no token mends, its `cause` (`stream_failed`).
 */
export type GatekeeperErrorCode =
  | "unavailable"
  | "refused"
  | "bad_answer"
  | "not_accepted"
  | "stream_failed";

/** A failure to get, or to use, a grant; the message says what to do. */
export class GatekeeperError extends Error {
  override readonly name = "GatekeeperError";
  readonly code: GatekeeperErrorCode;
  /** Status of the gatekeeper's answer, where there was one. */
  readonly status: number | undefined;

  constructor(
    code: GatekeeperErrorCode,
    message: string,
    status?: number,
    options?: { cause: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

/** How long the gatekeeper may take to answer, in milliseconds. */
const ANSWER_WITHIN = 10_000;

/**
 * Asks the gatekeeper for a grant, with the user's credentials.
 *
 * @throws {GatekeeperError} when there is none; the `signal`'s reason when it is aborted.
 */
export async function requestGrant(
  { gatekeeperUrl, table, ...shape }: ShapeRequest,
  { authorization, fetchClient, signal }: {
    authorization: string | undefined;
    fetchClient: typeof fetch;
    signal: AbortSignal | undefined;
  },
): Promise<Grant> {
  const url = `${gatekeeperUrl.replace(/\/+$/, "")}/gatekeeper/${encodeURIComponent(table)}`;
  const timeout = AbortSignal.timeout(ANSWER_WITHIN);
  let response: Response;
  let body: unknown;
  try {
    response = await fetchClient(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(authorization !== undefined && { authorization }),
      },
      body: JSON.stringify(shape),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    body = await response.json().catch(() => undefined);
  } catch (cause) {
    signal?.throwIfAborted();
    const message = `The gatekeeper at ${gatekeeperUrl} doesn't answer.`;
    throw new GatekeeperError("unavailable", message, undefined, { cause });
  }
  if (!response.ok) {
    const { status } = response;
    const retriable = status >= 500 || status === 429;
    const message = isRecord(body) && typeof body.message === "string" ? body.message : "";
    throw new GatekeeperError(
      retriable ? "unavailable" : "refused",
      `The gatekeeper answered ${status}${message && `: ${message}`}`,
      status,
    );
  }
  const grant = readGrant(body);
  if (grant) return grant;
  throw new GatekeeperError("bad_answer", `${url} doesn't answer as a gatekeeper does.`);
}

function readGrant(body: unknown): Grant | undefined {
  if (!isRecord(body) || !isRecord(body.headers) || !isRecord(body.params)) return undefined;
  const { url, headers: { Authorization: authorization }, params: shape, expires_at } = body;
  if (typeof url !== "string" || typeof authorization !== "string") return undefined;
  const { table, where, columns, params, replica } = shape;
  if (typeof table !== "string") return undefined;
  return {
    url,
    authorization,
    params: {
      table,
      ...(typeof where === "string" && { where }),
      ...(Array.isArray(columns) && { columns: columns.map(String) }),
      ...(isRecord(params) && { params: readValues(params) }),
      ...((replica === "full" || replica === "default") && { replica }),
    },
    expiresAt: typeof expires_at === "string" ? Date.parse(expires_at) : NaN,
  };
}

function readValues(params: Record<string, unknown>): Record<`${number}`, string> {
  const values: Record<`${number}`, string> = {};
  for (const [number, value] of Object.entries(params)) values[`${Number(number)}`] = String(value);
  return values;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
