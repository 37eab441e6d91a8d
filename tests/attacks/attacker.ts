import { isDeepStrictEqual } from "node:util";
import {
  headerOf,
  HttpReader,
  latin1,
  type Pairs,
  sourceOf,
  writeAll,
} from "../support/http_reader.ts";
import type { Arrival, ElectricTap } from "./electric_tap.ts";
import { type SignedShape, signedShapes } from "./signed_shapes.ts";

/** Milliseconds in which every request must be answered, or its connection ended. */
const DEADLINE = 5000;

/** Milliseconds after which a server that still waits is told that there is no more to come. */
const INCOMPLETE = 150;

/** Something that an attack achieved. */
export class Bypass extends Error {
  override readonly name = "Bypass";
}

/** A proxy under attack. */
export interface Target {
  readonly name: string;
  readonly port: number;
  /** Path of its shape route. */
  readonly path: string;
  readonly tap: ElectricTap;
  /** Makes a good token of a claim. */
  readonly sign: (claim: unknown) => Promise<string>;
  /** What it logged so far. */
  readonly lines: readonly string[];
  /** The shapes of an attacker, where it can't take just any. */
  readonly shapes?: typeof signedShapes;
}

/** An answer, its body one character a byte. */
export interface Answer {
  readonly status: number;
  readonly headers: Pairs;
  readonly body: string;
}

/**
 * One attacker with good tokens of its own. What it sends may reach Electric only as the very
 * shapes of those tokens that are in what it sent, whatever else is in it.
 */
export class Attacker implements Disposable {
  #socket: Deno.TcpConn | undefined;
  #reader: HttpReader | undefined;
  #grants: readonly SignedShape[] = [];
  /** All that it ever had a good token for. */
  readonly #everGranted = new Set<SignedShape>();

  private constructor(
    readonly target: Target,
    private readonly lane: number,
    readonly shapes: readonly SignedShape[],
    readonly tokens: readonly string[],
  ) {}

  static async create(target: Target, lane: number): Promise<Attacker> {
    const shapes = (target.shapes ?? signedShapes)(lane);
    const tokens = await Promise.all(shapes.map(({ claim }) => target.sign(claim)));
    return new Attacker(target, lane, shapes, tokens);
  }

  [Symbol.dispose](): void {
    this.#hangUp();
  }

  /**
   * Sends bytes (one character each) and gives the first answer, or `null` where the connection was
   * ended without one. Throws {@link Bypass} when anything reached Electric that the tokens in
   * these bytes don't grant, when rows came back without a token, when the answer is 5xx, or when
   * there is none in time. Without `last`, the connection is kept for what is sent next; unless
   * `complete`, the server may be waiting for more, and is told that there is none.
   */
  async send(bytes: string, last = true, complete = !last): Promise<Answer | null> {
    const before = this.#grants;
    // The last character of a signature has bits that don't count.
    this.#grants = this.shapes.filter((_, i) => bytes.includes(this.tokens[i]?.slice(0, -1) ?? ""));
    for (const grant of this.#grants) this.#everGranted.add(grant);
    if (last) this.#hangUp();
    const answer = await this.#exchange(bytes, last, complete);
    // 501 is for a transfer coding that isn't known (RFC 9112 section 6.1).
    if (answer !== null && answer.status >= 500 && answer.status !== 501) {
      throw new Bypass(`answered ${answer.status}`);
    }
    const arrivals = this.target.tap.take(this.lane);
    for (const arrival of arrivals) {
      const { isQuestion } = arrival;
      check(arrival, isQuestion ? [...this.#everGranted] : [...before, ...this.#grants]);
    }
    if (answer?.body.includes('{"relation":') && this.#grants.length === 0) {
      throw new Bypass("rows came back without a token");
    }
    return answer;
  }

  async #exchange(bytes: string, last: boolean, complete: boolean): Promise<Answer | null> {
    let late = false;
    // Half-closed only then: Deno takes it for a client that has left, and drops the answer.
    const noMore = setTimeout(() => {
      if (!complete) this.#socket?.closeWrite().catch(() => {});
    }, INCOMPLETE);
    const deadline = setTimeout(() => {
      late = true;
      this.#hangUp();
    }, DEADLINE);
    try {
      const answer = await this.#talk(bytes);
      if (late) throw new Bypass("");
      if (last || answer === null || headerOf(answer.headers, "connection") === "close") {
        this.#hangUp();
      }
      return answer;
    } catch {
      // Cut off amidst an answer: no more than no answer, unless the deadline did it.
      this.#hangUp();
      if (late) throw new Bypass(`no answer in ${DEADLINE} ms`);
      return null;
    } finally {
      clearTimeout(noMore);
      clearTimeout(deadline);
    }
  }

  async #talk(bytes: string): Promise<Answer | null> {
    this.#socket ??= await Deno.connect({ port: this.target.port, hostname: "127.0.0.1" });
    this.#reader ??= new HttpReader(sourceOf(this.#socket));
    // A server may answer, and hang up, before it has read what it refuses.
    await writeAll(this.#socket, bytes).catch(() => {});
    for (;;) {
      const head = await this.#reader.head();
      if (head === undefined) return null;
      const status = Number(head.line.split(" ")[1]);
      if (status < 200) continue;
      const bare = bytes.startsWith("HEAD") || status === 204 || status === 304;
      let body = "";
      for await (const piece of this.#reader.body(bare ? [] : head.headers, !bare)) {
        body += latin1(piece);
      }
      return { status, headers: head.headers, body };
    }
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = this.#reader = undefined;
    try {
      socket?.close();
    } catch {
      // Closed already.
    }
  }
}

function check({ text, served, faults }: Arrival, granted: readonly SignedShape[]): void {
  if (faults.length > 0) throw new Bypass(`${faults.join(", ")}: ${text}`);
  if (granted.some((shape) => isDeepStrictEqual(served, shape.served))) return;
  throw new Bypass(`Electric was asked for what the tokens don't grant: ${text}`);
}
