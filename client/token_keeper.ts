import { GatekeeperError, type Grant } from "./grant.ts";

/** New tokens in a row that the proxy may refuse before we give up. */
const MAX_REFUSED = 3;
/** Pause after a renewal ahead of time that failed, in milliseconds. */
const PAUSE = 5000;

/** The token is for another shape than the stream that asks for it: the stream needs the new `params` first. */
export class ShapeChanged extends Error {
  override readonly name = "ShapeChanged";
  /** Stable name of this kind of error. */
  readonly code = "SHAPE_CHANGED";
}

/**
 * Keeps one token fresh for all streams of a shape: one renewal at a time, shortly before it expires and when
 * the proxy refuses it.
 */
export class TokenKeeper {
  readonly #request: () => Promise<Grant>;
  #grant: Grant;
  #renewAt: number;
  #renewal: Promise<void> | undefined;
  #refused: string | undefined;
  #refusedInARow = 0;
  #hasChanged = false;

  constructor(grant: Grant, request: () => Promise<Grant>) {
    this.#grant = grant;
    this.#renewAt = renewAt(grant);
    this.#request = request;
  }

  /** The shape that the newest token opens. */
  get params(): Grant["params"] {
    return this.#grant.params;
  }

  /** Whether a renewal has brought another shape. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /**
   * Gives the `Authorization` to send now, to ask for the shape of `params`.
   *
   * @throws {GatekeeperError} when a new token is due and the gatekeeper refuses one.
   * @throws {ShapeChanged} when the newest token opens another shape.
   */
  async authorization(params: Grant["params"]): Promise<string> {
    if (Date.now() >= this.#renewAt) {
      try {
        await this.#renew();
      } catch (error) {
        if (!isTransient(error)) throw error;
        // The old token may still do; where it doesn't, `recover` has the last word.
        this.#renewAt = Date.now() + PAUSE;
      }
    }
    if (!isSameShape(params, this.#grant.params)) {
      throw new ShapeChanged("The gatekeeper now grants another shape than before.");
    }
    return this.#grant.authorization;
  }

  /** Takes note of how the proxy answered a request that carried `authorization`. */
  observe(authorization: string | null, status: number): void {
    if (authorization === null) return;
    if (status === 401 || status === 403) this.#refused = authorization;
    else if (status < 500 && authorization === this.#grant.authorization) this.#refusedInARow = 0;
  }

  /**
   * Renews a token that the proxy refused; settles when another try makes sense.
   *
   * @throws {GatekeeperError} when it doesn't: the gatekeeper says no, or new tokens are refused too.
   */
  async recover(): Promise<void> {
    if (this.#refused !== this.#grant.authorization) return;
    if (this.#refusedInARow >= MAX_REFUSED) {
      throw new GatekeeperError(
        "not_accepted",
        `The proxy at ${this.#grant.url} refused ${MAX_REFUSED} new tokens in a row: ` +
          "do it and the gatekeeper share keys, issuer and audience, and do their clocks agree?",
      );
    }
    const refused = this.#grant.authorization;
    try {
      await this.#renew();
    } catch (error) {
      if (!isTransient(error)) throw error;
      return;
    }
    // Several streams wait for one renewal; it counts once.
    if (this.#refused === refused) {
      this.#refused = undefined;
      this.#refusedInARow++;
    }
  }

  #renew(): Promise<void> {
    this.#renewal ??= this.#replace().finally(() => this.#renewal = undefined);
    return this.#renewal;
  }

  async #replace(): Promise<void> {
    const grant = await this.#request();
    if (!isSameShape(grant.params, this.#grant.params)) this.#hasChanged = true;
    this.#grant = grant;
    this.#renewAt = renewAt(grant);
  }
}

// A token that has expired on arrival shows that our clock is wrong; then only the proxy's word counts.
function renewAt({ expiresAt }: Grant): number {
  const lifetime = expiresAt - Date.now();
  if (!(lifetime > 0)) return Infinity;
  return expiresAt - Math.min(60_000, lifetime / 10);
}

function isSameShape(a: Grant["params"], b: Grant["params"]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isTransient(error: unknown): boolean {
  return error instanceof GatekeeperError && error.code === "unavailable";
}
