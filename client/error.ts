/**
 * Why a stream can't go on, or a request must be made again: the gatekeeper doesn't answer or can't now
 * (`unavailable`, worth another try), says no (`refused`) or answers something else (`bad_answer`); the proxy
 * doesn't take the tokens it signs (`not_accepted`); or the stream failed with an error that no token mends,
 * its `cause` (`stream_failed`).
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
  declare readonly code: GatekeeperErrorCode;
  /** Name of the table, or of the shape, that was asked for. */
  declare readonly shape: string;

  constructor(
    code: GatekeeperErrorCode,
    message: string,
    shape: string,
    options?: { cause: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.shape = shape;
  }
}
