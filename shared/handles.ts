import QuickLRU from "quick-lru";
import { Question } from "./question.ts";
import { answer, Refusal } from "./refusal.ts";
import type { Shape } from "./shape.ts";
import { PROTOCOL_PARAMS } from "./upstream.ts";

/** A shape's current handle, and those that CDNs still serve; the oldest goes first. */
const MAX_HANDLES = 8;
/** What is remembered: Electric's `<hash>-<µs>`, or any text that no encoding changes. */
const HANDLE = /^[\w.~-]{1,200}$/;
/** No shape was made in 1970, so Electric answers with 409 and the handle that the shape has. */
const NOBODYS = "0-0";

/** With these offsets Electric looks at no handle. */
const STARTS = /[?&]offset=(-1|now)(&|$)/;
const GIVEN = /[?&]handle=([^&]+)/;

/** The handle that an upstream URL of ours resumes with, as it stands there; `null` where none counts. */
function resumedWith(url: string): string | null {
  const handle = GIVEN.exec(url)?.[1] ?? null;
  return handle === null || STARTS.test(url) ? null : handle;
}

/** An answer of upstream's to give to many clients. */
type Kept = Pick<Response, "status" | "headers"> & { readonly body: ArrayBuffer };

/**
 * The handles that upstream itself named for one signed shape, whatever its `log`: that changes what
 * is sent of the shape's rows, not whose they are.
 *
 * Electric serves a foreign handle when 27 bits of a hash of the two shapes agree, so one may go
 * upstream only for the shape that it was given for.
 */
export class ShapeHandles {
  readonly #known = new Set<string>();
  /** By the question's URL: one for each `log`. */
  readonly #questions = new Map<string, { cached: Question<void>; current: Question<Kept> }>();

  constructor(private readonly fetch: typeof globalThis.fetch, private readonly timeout: number) {}

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
    const { cached, current } = this.#ask(url);
    // What is no handle can't be upstream's: only the answer to a stale one is needed.
    if (!HANDLE.test(resumedWith(url) ?? "")) {
      return keptResponse(await (current.recent(signal) ?? current.next(signal)));
    }
    await (cached.recent(signal) ?? cached.next(signal));
    if (this.knows(url)) return null;
    await current.recent(signal);
    if (this.knows(url)) return null;
    const kept = await current.next(signal);
    return this.knows(url) ? null : keptResponse(kept);
  }

  #ask(url: string) {
    const start = startOf(url);
    const found = this.#questions.get(start);
    if (found !== undefined) return found;
    const cached = new Question(this.timeout, (signal) => this.#askCached(start, signal));
    const current = new Question(this.timeout, (signal) => this.#askCurrent(start, signal));
    const questions = { cached, current };
    this.#questions.set(start, questions);
    return questions;
  }

  /** As each new client asks, so that a CDN has the answer. */
  async #askCached(start: string, signal: AbortSignal): Promise<void> {
    const url = withProtocol(start, "offset=-1");
    const response = await this.fetch(url, { method: "HEAD", redirect: "error", signal });
    await response.body?.cancel();
    this.learn(response);
  }

  async #askCurrent(start: string, signal: AbortSignal): Promise<Kept> {
    const buster = `cache-buster=${crypto.randomUUID()}`;
    const url = withProtocol(start, buster, `handle=${NOBODYS}`, "offset=0_0");
    const headers = { "accept-encoding": "identity" };
    const response = await this.fetch(url, { headers, redirect: "error", signal });
    if (response.status === 409) this.learn(response);
    return {
      status: response.status,
      headers: response.headers,
      body: await response.arrayBuffer(),
    };
  }
}

function keptResponse({ status, headers, body }: Kept): Response {
  if (status >= 400) {
    const response = new Response(body, { status, headers });
    // It answered another URL than the client's.
    response.headers.set("cache-control", "no-store");
    return response;
  }
  const message = "What answers at ELECTRIC_URL names no handles. Is it Electric, or its CDN?";
  return answer({ message }, new Refusal(502, "upstream_unavailable"));
}

/** The URL without what says where in the shape's log a client is. */
function startOf(url: string): string {
  const [address = "", query = ""] = url.split("?");
  const pieces = query.split("&").filter((piece) => {
    const isLog = piece === "log=full" || piece === "log=changes_only";
    return isLog || !PROTOCOL_PARAMS.includes(piece.split("=", 1)[0] ?? "");
  });
  return `${address}?${pieces.join("&")}`;
}

/** The URL with these protocol parameters, sorted as clients' URLs are. */
function withProtocol(start: string, ...pieces: string[]): string {
  const [address = "", query = ""] = start.split("?");
  return `${address}?${[...query.split("&"), ...pieces].sort().join("&")}`;
}

/**
 * Gives the handles of a shape, the same for all tokens of it. Remembers those of 2,000 shapes (twice
 * as many at times); the least recently used go first.
 */
export function createHandles(fetch: typeof globalThis.fetch, timeout: number) {
  const remembered = new QuickLRU<string, ShapeHandles>({ maxSize: 2000 });
  return ({ canonical }: Shape): ShapeHandles => {
    const handles = remembered.get(canonical) ?? new ShapeHandles(fetch, timeout);
    remembered.set(canonical, handles);
    return handles;
  };
}
