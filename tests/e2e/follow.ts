import assert from "node:assert/strict";
import {
  type ChangeMessage,
  isChangeMessage,
  isControlMessage,
  type Message,
  type Row,
  ShapeStream,
  type ShapeStreamOptions,
} from "@electric-sql/client";

/** The gatekeeper's answer, as far as types go; everything in it goes to the client. */
export type Config = {
  url: string;
  headers: Record<string, string>;
  params: { table: string };
};

/** Asks a gatekeeper for a token, as a client does. */
export async function ask(gatekeeper: string, table: string, shape: unknown = {}): Promise<Config> {
  const response = await fetch(`${gatekeeper}/gatekeeper/${encodeURIComponent(table)}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(shape),
  });
  const answer: unknown = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  assert.ok(isConfig(answer), JSON.stringify(answer));
  return answer;
}

/** A client that follows a shape and keeps its rows; see {@link follow}. */
export class Follower implements AsyncDisposable {
  readonly stream: ShapeStream;
  /** The shape's rows by key, as the messages so far make them. */
  readonly rows = new Map<string, Row>();
  /** Every change that came, in order. */
  readonly changes: ChangeMessage[] = [];
  /** Inserts of rows that were there, updates and deletes of rows that weren't. */
  readonly anomalies: string[] = [];
  /** How often the client was told to begin anew. */
  refetches = 0;
  /** The URLs that were asked for, in order. */
  readonly requests: string[] = [];
  #error: Error | undefined;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<() => void>();

  constructor(config: Config, options: Partial<ShapeStreamOptions>) {
    this.stream = new ShapeStream({
      ...config,
      fetchClient: (input, init) => {
        this.requests.push(String(input));
        this.#wake();
        return fetch(input, init);
      },
      ...options,
      signal: this.#abort.signal,
    });
    this.stream.subscribe((messages) => this.#read(messages), (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** Waits until `check` holds, looking at each message and request; fails after `ms` milliseconds. */
  async until(check: () => boolean, what: string, ms = 15_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (this.#error !== undefined) reject(this.#error);
      else if (check()) resolve();
    };
    const timer = setTimeout(() => {
      const state = `${this.rows.size} rows, ${this.changes.length} changes`;
      reject(
        new Error(`still not after ${ms} ms: ${what} (${state}, ${this.refetches} refetches)`),
      );
    }, ms);
    this.#waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  /** The rows without their keys, ordered by column `id`. */
  sorted(): Row[] {
    return [...this.rows.values()].sort((a, b) => Number(a["id"]) - Number(b["id"]));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.stream.unsubscribeAll();
    return new Promise((resolve) => setTimeout(resolve, 0));
  }

  #read(messages: Message[]): void {
    for (const message of messages) {
      if (isChangeMessage(message)) this.#apply(message);
      else if (isControlMessage(message) && message.headers.control === "must-refetch") {
        this.refetches++;
        this.rows.clear();
      }
    }
    this.#wake();
  }

  #apply(message: ChangeMessage): void {
    const { key, value, headers: { operation } } = message;
    this.changes.push(message);
    const present = this.rows.get(key);
    if ((operation === "insert") === (present !== undefined)) {
      this.anomalies.push(`${operation} of ${key}, ${present ? "present" : "absent"}`);
    }
    if (operation === "delete") this.rows.delete(key);
    else this.rows.set(key, { ...present, ...value });
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }
}

function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null &&
    "url" in value && typeof value.url === "string" &&
    "headers" in value && typeof value.headers === "object" &&
    "params" in value && typeof value.params === "object";
}
