import type { Authorization } from "./authorization.ts";
import { GatekeeperError } from "./error.ts";
import {
  type AnyShapes,
  type NamedQuestionOf,
  nameOf,
  type Question,
  type TableQuestion,
} from "./question.ts";
import { sessionOf } from "./session.ts";
import { streamFetch } from "./stream_fetch.ts";

interface CommonOptions {
  /** Base URL of the gatekeeper: `http://localhost:4000`, `https://<ref>.supabase.co/functions/v1`. */
  readonly gatekeeper: string;
  /** The user's own credentials for the gatekeeper; left out, nobody's in particular. Asked for with each request. */
  readonly authorization?: Authorization;
  /** Makes all requests, to the gatekeeper and to the proxy. */
  readonly fetchClient?: typeof fetch;
  /** Ends the streams. */
  readonly signal?: AbortSignal;
  /** Hears why a stream ended that nobody ended; without it, the console does. */
  readonly onError?: (error: GatekeeperError) => void;
}

/** What {@link gatekeeperShape} takes: a table, or one of the server's named `Shapes`. */
export type GatekeeperShapeOptions<Shapes = AnyShapes> =
  & CommonOptions
  & (TableQuestion | NamedQuestionOf<Shapes>);

/** Options for `ShapeStream`, `useShape`, and `shapeOptions` of a TanStack DB collection. */
export interface GatekeeperShape {
  /** Says what is asked for, and in which session; requests go to the proxy that the gatekeeper names. */
  readonly url: string;
  readonly params: { replica?: "default" | "full" };
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
  readonly fetchClient: typeof fetch;
  readonly onError: (error: Error) => void;
}

/**
 * Gives options to sync a shape with, as the gatekeeper grants it to this user. The first request asks for the
 * grant. It is renewed shortly before it expires and when the proxy answers 401; when the user's rights have
 * changed by then, the stream goes on with the shape of now: its subscribers get `must-refetch` and its rows.
 *
 * Where the gatekeeper says no, the stream ends, and `onError` gets a {@link GatekeeperError}. While it is away,
 * the stream tries again, with the official client's own backoff, and its rows stay.
 *
 * ```ts ignore
 * const stream = new ShapeStream(gatekeeperShape({ gatekeeper: "http://localhost:4000", table: "items" }));
 * ```
 *
 * `gatekeeperShape<typeof shapes>({ shape: "projectIssues", args: { project }, … })` knows the names and the
 * arguments of what `defineShapes` gave, by type alone.
 */
export function gatekeeperShape<Shapes = AnyShapes>(
  options: GatekeeperShapeOptions<Shapes>,
): GatekeeperShape;
export function gatekeeperShape(options: CommonOptions & Question): GatekeeperShape {
  const { gatekeeper: url, authorization, fetchClient = fetch, signal, onError, ...question } =
    options;
  const gatekeeper = url.replace(/\/+$/, "");
  let failure: GatekeeperError | undefined;
  return {
    params: question.replica ? { replica: question.replica } : {},
    // Those of now, whenever a stream is made: after a sign-out, the next user's.
    get url() {
      const session = sessionOf(authorization).id + sessionOf(fetchClient).id;
      return `${gatekeeper}/gatekeeper/${session}/${encodeURIComponent(JSON.stringify(question))}`;
    },
    get signal() {
      const { signal: own } = sessionOf(authorization).over;
      return signal ? AbortSignal.any([own, signal]) : own;
    },
    // Each stream has one of its own.
    get fetchClient() {
      const ask = streamFetch(gatekeeper, question, authorization, fetchClient);
      return (input: URL | RequestInfo, init?: RequestInit) =>
        ask(String(input), init).catch((error) => {
          // Any other is thrown: the official client tries again, after a while.
          if (!(error instanceof GatekeeperError) || error.code === "unavailable") throw error;
          failure = error;
          // A client error, which it doesn't try again.
          return new Response(error.message, { status: 403 });
        });
    },
    onError(cause) {
      const reason = failure && cause.message.endsWith(failure.message)
        ? failure
        : new GatekeeperError("stream_failed", cause.message, nameOf(question), { cause });
      (onError ?? console.error)(reason);
    },
  };
}
