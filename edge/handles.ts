import QuickLRU from "quick-lru";
import { answerTo, Refusal } from "../shared/refusal.ts";
import type { Shape } from "../shared/shape.ts";
import { OwnQuestion, type Question, SharedQuestion } from "./question.ts";
import type { Runtime } from "./runtime.ts";
import { PROTOCOL_PARAMS } from "./upstream.ts";

/** A shape's current handle, and those that CDNs still serve; the oldest goes first. */
const MAX_HANDLES = 8;

/** Shapes whose handles are remembered; twice as many at times. */
const MAX_SHAPES = 2000;

/** What is remembered: Electric's `<hash>-<µs>`, or any text that no encoding changes. */
const HANDLE = /^[\w.~-]{1,200}$/;

/** No shape was made in 1970, so Electric answers with 409 and the handle that the shape has. */
const NOBODYS = "0-0";

/** With these offsets Electric looks at no handle. */
const STARTS = /[?&]offset=(-1|now)(&|$)/;

const GIVEN = /[?&]handle=([^&]+)/;

/** The handle that an upstream URL of ours resumes with, as it stands there; `null` where none counts. */
function resumedWith(url: string): string | null {
  if (STARTS.test(url)) return null;
  return GIVEN.exec(url)?.[1] ?? null;
}

/** An answer of upstream's to give to many clients. */
interface Kept {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ArrayBuffer;
}

/** What is asked to make sure of a handle. */
interface Questions {
  /** Which handle a CDN names to new clients; it is remembered. */
  readonly cached: Question<void>;
  /** Which handle the shape has now; it is remembered. */
  readonly current: Question<Kept>;
}

/** As much of a {@link Runtime} as counts here. */
type Asking = Pick<Runtime, "fetch" | "isolatesRequests">;

/**
 * The handles that upstream itself named for one signed shape, whatever its `log`: that changes what
 * is sent of the shape's rows, not whose they are.
 *
 * Electric serves a foreign handle when 27 bits of a hash of the two shapes agree, so one may go
 * upstream only for the shape that it was given for.
 */
export class ShapeHandles {
  readonly #runtime: Asking;
  readonly #timeout: number;
  readonly #known = new Set<string>();
  /** By the question's URL: one for each `log`. */
  readonly #questions = new Map<string, Questions>();

  constructor(runtime: Asking, timeout: number) {
    this.#runtime = runtime;
    this.#timeout = timeout;
  }

  /** Whether a URL resumes with no handle but one that upstream named. */
  knows(url: string): boolean {
    const handle = resumedWith(url);
    return handle === null || this.#known.has(handle);
  }

  /**
   * Remembers the handle in a response, 409 included. Never to a URL that isn't known: Electric echoes
   * a foreign handle.
   */
  learn({ headers }: Response): void {
    const handle = headers.get("electric-handle") ?? "";
    if (this.#known.has(handle) || !HANDLE.test(handle)) return;
    this.#known.add(handle);
    for (const oldest of this.#known) {
      if (this.#known.size <= MAX_HANDLES) break;
      this.#known.delete(oldest);
    }
  }

  /**
   * Makes sure of an unknown handle. Asks what a CDN has, and when that isn't the client's, past the
   * CDN. Gives `null` when the URL may go upstream, or what Electric answers to a stale handle, or to
   * the question, such as 503. Only a question that began after the client came counts against its
   * handle. Throws as fetch does, and when `signal` fires.
   */
  async prove(url: string, signal: AbortSignal): Promise<Response | null> {
    const { cached, current } = this.#questionsOn(url);
    const couldBeUpstreams = HANDLE.test(resumedWith(url) ?? "");
    if (!couldBeUpstreams) {
      return keptResponse(await (current.recent(signal) ?? current.next(signal)));
    }
    await (cached.recent(signal) ?? cached.next(signal));
    if (this.knows(url)) return null;
    await current.recent(signal);
    if (this.knows(url)) return null;
    const kept = await current.next(signal);
    return this.knows(url) ? null : keptResponse(kept);
  }

  #questionsOn(url: string): Questions {
    const start = startOf(url);
    const questions = this.#questions.get(start) ?? {
      cached: this.#question((signal) => this.#askCached(start, signal)),
      current: this.#question((signal) => this.#askCurrent(start, signal)),
    };
    this.#questions.set(start, questions);
    return questions;
  }

  #question<Answer>(ask: (signal: AbortSignal) => Promise<Answer>): Question<Answer> {
    if (this.#runtime.isolatesRequests) return new OwnQuestion(ask);
    return new SharedQuestion(this.#timeout, ask);
  }

  /** As each new client asks, so that a CDN has the answer. */
  async #askCached(start: string, signal: AbortSignal): Promise<void> {
    const url = withProtocol(start, "offset=-1");
    const { fetch } = this.#runtime;
    const response = await fetch(url, { method: "HEAD", redirect: "manual", signal });
    await response.body?.cancel();
    this.learn(response);
  }

  async #askCurrent(start: string, signal: AbortSignal): Promise<Kept> {
    const buster = `cache-buster=${crypto.randomUUID()}`;
    const url = withProtocol(start, buster, `handle=${NOBODYS}`, "offset=0_0");
    const { fetch } = this.#runtime;
    const headers = { "accept-encoding": "identity" };
    const response = await fetch(url, { headers, redirect: "manual", signal });
    if (response.status === 409) this.learn(response);
    const body = await response.arrayBuffer();
    return { status: response.status, headers: response.headers, body };
  }
}

function keptResponse({ status, headers, body }: Kept): Response {
  if (status < 300 || status === 304) return answerTo(namesNoHandles());
  const own = new Headers(headers);
  // It answered another URL than the client's.
  own.set("cache-control", "no-store");
  return new Response(body, { status, headers: own });
}

function namesNoHandles(): Refusal {
  const message = "What answers at ELECTRIC_URL names no handles. Is it Electric, or its CDN?";
  return new Refusal(502, "upstream_unavailable", message);
}

/** The URL without what says where in the shape's log a client is. */
function startOf(url: string): string {
  const [address = "", query = ""] = url.split("?");
  const pieces = query.split("&").filter((piece) => {
    const isLog = piece === "log=full" || piece === "log=changes_only";
    const name = piece.split("=", 1)[0] ?? "";
    return isLog || !PROTOCOL_PARAMS.includes(name);
  });
  return `${address}?${pieces.join("&")}`;
}

/** The URL with these protocol parameters, sorted as clients' URLs are. */
function withProtocol(start: string, ...pieces: string[]): string {
  const [address = "", query = ""] = start.split("?");
  return `${address}?${[...query.split("&"), ...pieces].sort().join("&")}`;
}

/** Gives the handles of a shape, the same for all tokens of it; the least recently used go first. */
export function createHandles(runtime: Asking, timeout: number): (shape: Shape) => ShapeHandles {
  const remembered = new QuickLRU<string, ShapeHandles>({ maxSize: MAX_SHAPES });
  return ({ canonical }) => {
    const handles = remembered.get(canonical) ?? new ShapeHandles(runtime, timeout);
    remembered.set(canonical, handles);
    return handles;
  };
}
