import assert from "node:assert/strict";
import type { Pairs } from "../support/http_reader.ts";
import type { RawRequest, RawResponse } from "../support/raw_http.ts";
import { openRequest, rawRequest, sendRequest } from "../support/raw_http.ts";
import { AUTH_SECRET, type Env, type RunningServer } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { signToken } from "../support/token.ts";
import { HABITS, type Habits, type Proxy } from "./proxies.ts";

/** What no answer and no log may hold, besides tokens. */
export const ELECTRIC_SECRET = "electric-s3cret";
export const ELECTRIC_SOURCE_ID = "source-1d";

/** A request to the shape's path of a subject. */
export interface Ask extends Omit<RawRequest, "target"> {
  /** By default, the proxy's first. */
  readonly path?: string;
  /** Raw query, without `?`. */
  readonly query?: string;
  /** The shape's claim of the token; `null` sends none. By default, `items`. */
  readonly shape?: Record<string, unknown> | null;
}

/** How to start a {@link Subject}. */
export interface SubjectOptions {
  /** Laid over an environment in which everything needed is set. */
  readonly env: Env;
  /** Path of `ELECTRIC_URL`. */
  readonly base?: string;
  /** Claims that its tokens must have. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** A running proxy with a tap in Electric's place. */
export class Subject implements AsyncDisposable {
  private constructor(
    readonly proxy: Proxy,
    readonly server: RunningServer,
    /** The upstream. */
    readonly tap: Tap,
    private readonly options: SubjectOptions,
  ) {}

  /** What the runtime does by itself. */
  get habits(): Habits {
    return { ...HABITS, ...this.proxy.habits };
  }

  /** Starts both. */
  static async start(proxy: Proxy, options: SubjectOptions): Promise<Subject> {
    const tap = new Tap();
    const electric = { ELECTRIC_URL: tap.url + (options.base ?? "") };
    try {
      const server = await proxy.start({
        ...electric,
        ELECTRIC_SECRET,
        ELECTRIC_SOURCE_ID,
        ...options.env,
      });
      return new Subject(proxy, server, tap, options);
    } catch (error) {
      await tap[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends a request and gives the whole response. */
  async ask(ask: Ask = {}): Promise<RawResponse> {
    return await rawRequest(this.server.port, await this.#request(ask));
  }

  /** Sends a request and gives the response once its head is there. */
  async open(ask: Ask = {}) {
    return await openRequest(this.server.port, await this.#request(ask));
  }

  /** Sends a request and gives the socket. */
  async send(ask: Ask = {}): Promise<Deno.Conn> {
    return await sendRequest(this.server.port, await this.#request(ask));
  }

  /** Asks with exactly this `Authorization`. */
  withAuthorization(authorization: string, query = "table=items&offset=-1"): Promise<RawResponse> {
    return this.ask({ shape: null, query, headers: [["authorization", authorization]] });
  }

  /** Any target, as it is. */
  raw(request: RawRequest): Promise<RawResponse> {
    return rawRequest(this.server.port, request);
  }

  /** Checks that it refused by itself, as every refusal must, without asking upstream. */
  assertRefused(response: RawResponse, status: number, says: RegExp, asked = 0): void {
    const { headers, text } = response;
    assert.equal(response.status, status, text);
    assert.equal(response.header("content-type"), "application/json");
    assert.equal(response.header("cache-control"), "no-store");
    assert.equal(response.header("access-control-allow-origin"), "*");
    assert.match(response.header("access-control-expose-headers") ?? "", /electric-handle|^\*$/);
    const body: unknown = JSON.parse(text);
    assert(typeof body === "object" && body !== null && "message" in body);
    assert.deepEqual(Object.keys(body), ["message"]);
    assert.match(String(body.message), says);
    this.assertTellsNothing(text + JSON.stringify(headers));
    assert.equal(this.tap.requests.length, asked, "requests upstream");
  }

  /** Checks that a text holds no token, no key, and nothing of the upstream's URL. */
  assertTellsNothing(text: string): void {
    for (const secret of [AUTH_SECRET, ELECTRIC_SECRET, ELECTRIC_SOURCE_ID, this.tap.url]) {
      assert(!text.includes(secret), text);
    }
    assert.doesNotMatch(text, /eyJ[\w-]{10}/);
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.tap[Symbol.asyncDispose]();
  }

  async #request(ask: Ask): Promise<RawRequest> {
    const { path = this.proxy.paths[0], query = "table=items&offset=-1", ...rest } = ask;
    const { shape = { table: "items" }, headers = [] } = rest;
    const token: Pairs = shape === null
      ? []
      : [["authorization", `Bearer ${await signToken({ ...this.options.claims, shape })}`]];
    return {
      ...rest,
      target: `${path}?${query}`,
      headers: [...token, ...headers],
    };
  }
}
