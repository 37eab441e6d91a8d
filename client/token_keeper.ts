import { GatekeeperError, type Grant } from "./grant.ts";

/** New tokens in a row that the proxy may refuse before we give up. */
const MAX_REFUSED = 3;
/** Pause after a renewal ahead of time that failed, in milliseconds. */
const PAUSE = 5000;

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

  constructor(grant: Grant, request: () => Promise<Grant>) {
    this.#grant = grant;
    this.#renewAt = renewAt(grant);
    this.#request = request;
  }

  /**
   * Gives the `Authorization` to send now.
   *
   * @throws {GatekeeperError} when a new token is due and the gatekeeper refuses one.
   */
  async authorization(): Promise<string> {
    if (Date.now() >= this.#renewAt) {
      try {
        await this.#renew();
      } catch (error) {
        if (!isTransient(error)) throw error;
        // The old token may still do; where it doesn't, `recover` has the last word.
        this.#renewAt = Date.now() + PAUSE;
      }
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
    if (JSON.stringify(grant.params) !== JSON.stringify(this.#grant.params)) {
      throw new GatekeeperError(
        "shape_changed",
        "The gatekeeper now grants another shape than before: start a new stream with its answer.",
      );
    }
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

function isTransient(error: unknown): boolean {
  return error instanceof GatekeeperError && error.code === "unavailable";
}
