import type { ShapeStreamOptions } from "@electric-sql/client";
import { GatekeeperError, type Grant, requestGrant, type ShapeRequest } from "./grant.ts";
import { TokenKeeper } from "./token_keeper.ts";

export { GatekeeperError, type GatekeeperErrorCode } from "./grant.ts";

/** What {@link gatekeeperShape} takes. */
export interface GatekeeperShapeOptions extends ShapeRequest {
  /** The user's own credentials for the gatekeeper, asked for anew with each renewal when a function. */
  readonly authorization?: string | (() => string | Promise<string>);
  /** Makes all requests, to the gatekeeper and to the proxy. */
  readonly fetchClient?: typeof fetch;
  /** Ends the stream, and renewals with it. */
  readonly signal?: AbortSignal;
}

/** Options to spread into `new ShapeStream({ ... })`. */
export interface GatekeeperShape extends Pick<ShapeStreamOptions, "url" | "signal"> {
  params: Grant["params"];
  headers: { Authorization: () => Promise<string> };
  fetchClient: typeof fetch;
  onError: (error: Error) => Promise<Record<string, never> | undefined>;
}

/**
 * Asks the gatekeeper for a shape and gives options for `ShapeStream` that keep their token
 * fresh: renewed shortly before it expires, and when the proxy answers 401 or 403, one renewal at a time.
 *
 * When that can't help, the stream ends: subscribers get a {@link GatekeeperError}, or the proxy's error with
 * one as its `cause`. While the gatekeeper is away, the stream tries again with the client's own backoff.
 *
 * ```ts ignore
 * const shape = await gatekeeperShape({ gatekeeperUrl: "http://localhost:4000", table: "items" });
 * const stream = new ShapeStream({ ...shape, liveSse: true });
 * ```
 *
 * @throws {GatekeeperError} when the gatekeeper doesn't grant the shape to begin with.
 */
export async function gatekeeperShape(options: GatekeeperShapeOptions): Promise<GatekeeperShape> {
  const { authorization, fetchClient = globalThis.fetch, signal, ...shape } = options;
  const request = async () =>
    await requestGrant(shape, {
      authorization: typeof authorization === "function" ? await authorization() : authorization,
      fetchClient,
      signal,
    });
  const grant = await request();
  const keeper = new TokenKeeper(grant, request);
  return {
    url: grant.url,
    params: grant.params,
    headers: { Authorization: () => keeper.authorization() },
    fetchClient: async (input, init) => {
      const response = await fetchClient(input, init);
      keeper.observe(new Headers(init?.headers).get("authorization"), response.status);
      return response;
    },
    onError: (error) => recover(keeper, error),
    ...(signal && { signal }),
  };
}

// `{}` lets the stream try again from where it was, nothing ends it: the client's contract for `onError`.
async function recover(
  keeper: TokenKeeper,
  error: Error,
): Promise<Record<string, never> | undefined> {
  if (error instanceof GatekeeperError || !("status" in error)) return undefined;
  if (error.status !== 401 && error.status !== 403) return undefined;
  try {
    await keeper.recover();
    return {};
  } catch (cause) {
    error.cause = cause;
    return undefined;
  }
}
