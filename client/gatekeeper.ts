import { GatekeeperError, type Grant, requestGrant, type ShapeRequest } from "./grant.ts";
import { withDeletes } from "./move_out.ts";
import { ShapeChanged, TokenKeeper } from "./token_keeper.ts";

export { GatekeeperError, type GatekeeperErrorCode } from "./grant.ts";

/** What {@link gatekeeperShape} takes. */
export interface GatekeeperShapeOptions extends ShapeRequest {
  /** The user's own credentials for the gatekeeper, asked for anew with each renewal when a function. */
  readonly authorization?: string | (() => string | Promise<string>);
  /** Makes all requests, to the gatekeeper and to the proxy. */
  readonly fetchClient?: typeof fetch;
  /** Ends the stream, and renewals with it. */
  readonly signal?: AbortSignal;
  /** Hears why a stream ended that nobody aborted; without it, the console does. */
  readonly onError?: (error: GatekeeperError) => void;
}

/** What a stream syncs with, as the client's `onError` may hand it on. */
interface Access {
  params: Grant["params"];
  headers: { Authorization: () => Promise<string> };
}

/** Options to spread into `new ShapeStream({ ... })`. */
export interface GatekeeperShape extends Access {
  /** Of the proxy. */
  url: string;
  /** Set where {@link GatekeeperShapeOptions} have one. */
  signal?: AbortSignal;
  fetchClient: typeof fetch;
  onError: (error: Error) => Promise<Access | undefined>;
  /** Calls `listener` for each stream that ends with an error; see `client/collection.ts`. */
  onEnd: (listener: (error: GatekeeperError) => void) => void;
}

/**
 * Asks the gatekeeper for a shape and gives options for `ShapeStream` that keep their token
 * fresh: renewed shortly before it expires, and when the proxy answers 401 or 403, one renewal at a time.
 * When the renewed token is for another shape, since the user's rights changed, the stream goes on with that one:
 * its subscribers get `must-refetch` and the rows of now.
 *
 * When that can't help, the stream ends: `onError` gets a {@link GatekeeperError}, and subscribers the same, or the
 * proxy's error with it as its `cause`. While the gatekeeper is away, the stream tries again with the client's own backoff.
 *
 * ```ts ignore
 * const shape = await gatekeeperShape({ gatekeeperUrl: "http://localhost:4000", table: "items" });
 * const stream = new ShapeStream({ ...shape, liveSse: true });
 * ```
 *
 * @throws {GatekeeperError} when the gatekeeper doesn't grant the shape to begin with.
 */
export async function gatekeeperShape(options: GatekeeperShapeOptions): Promise<GatekeeperShape> {
  const { authorization, fetchClient = globalThis.fetch, signal, onError, ...shape } = options;
  const request = async () =>
    await requestGrant(shape, {
      authorization: typeof authorization === "function" ? await authorization() : authorization,
      fetchClient,
      signal,
    });
  const grant = await request();
  const keeper = new TokenKeeper(grant, request);
  const listeners = [onError ?? ((error) => report(shape.table, error))];
  return {
    url: grant.url,
    ...access(keeper, grant.params),
    // Read anew for each stream that is made of these options: what a stream has seen is its own.
    get fetchClient() {
      return withDeletes(async (input, init) => {
        const response = await fetchClient(input, init);
        keeper.observe(new Headers(init?.headers).get("authorization"), response.status);
        return response;
      });
    },
    onError: async (error) => {
      const reason = await recover(keeper, error);
      if (reason === undefined) return access(keeper, keeper.params);
      if (!signal?.aborted) {
        for (const listener of listeners) listener(reason);
      }
      return undefined;
    },
    onEnd: (listener) => listeners.push(listener),
    ...(signal && { signal }),
  };
}

/** The token of a stream is asked for with the shape it is to open, which another stream may have left behind. */
function access(keeper: TokenKeeper, params: Grant["params"]): Access {
  return {
    // The client merges these over what it has: what the shape had before must go.
    params: { ...(keeper.hasChanged && { where: "", columns: [], params: {} }), ...params },
    headers: { Authorization: () => keeper.authorization(params) },
  };
}

/** Gives nothing when the stream may go on, otherwise why it ends. */
async function recover(keeper: TokenKeeper, error: Error): Promise<GatekeeperError | undefined> {
  if (error instanceof ShapeChanged) return undefined;
  if (error instanceof GatekeeperError) return error;
  if (!("status" in error) || (error.status !== 401 && error.status !== 403)) {
    return asGatekeeperError(error);
  }
  try {
    await keeper.recover();
    return undefined;
  } catch (cause) {
    error.cause = cause;
    return asGatekeeperError(cause);
  }
}

function asGatekeeperError(error: unknown): GatekeeperError {
  if (error instanceof GatekeeperError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const failure = new GatekeeperError("stream_failed", `The stream can't go on: ${message}`);
  failure.cause = error;
  return failure;
}

function report(table: string, error: GatekeeperError): void {
  console.error(
    `The stream of ${table} ended, its rows are out of date from now on: ${error.message}\n` +
      "Give gatekeeperShape an onError to handle this; then this line isn't written.",
  );
}
