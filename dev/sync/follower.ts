import type { Message } from "./pgoutput.ts";
import { type Transaction, TransactionBuilder } from "./transaction.ts";
import { createSlot, type ReplicationStream } from "./replication.ts";
import type { Publication } from "./publication.ts";

/** How a follower is wired. */
export interface FollowerOptions {
  readonly databaseUrl: string;
  /** Name of the replication slot and the publication. */
  readonly name: string;
  readonly publication: Publication;
  /** Takes one transaction after the other, in the order of their commits. */
  readonly onTransaction: (transaction: Transaction) => Promise<void>;
  /** Hears, between transactions, that all commits before a place in the log were delivered. */
  readonly onReached: (lsn: bigint) => void;
  /** The stream starts anew: transactions may have been missed. */
  readonly onRestart: () => void;
  readonly log: (line: string) => void;
}

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 800;

/** Follows the database's commits, and connects again whenever Postgres went away. */
export class Follower {
  readonly #options: FollowerOptions;
  #stream: ReplicationStream | undefined;
  #stopped = false;
  #isAsked = false;
  #lastSeenLsn = 0n;
  #ready = Promise.withResolvers<void>();
  #queue: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** The last commit that every shape has taken in, of any followed table. */
  get lastSeenLsn(): bigint {
    return this.#lastSeenLsn;
  }

  get isReady(): boolean {
    return this.#stream !== undefined;
  }

  /** Connects; rejects when Postgres can't be reached or doesn't replicate. */
  async start(): Promise<void> {
    const stream = await this.#connect();
    this.#begin(stream);
    this.#running = this.#keepConnected(stream);
  }

  /** Whether the stream runs, after waiting for it up to `ms`. */
  async waitUntilReady(ms: number): Promise<boolean> {
    if (this.isReady) return true;
    const waited = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, waited.signal]);
    await Promise.race([this.#ready.promise, sleep(ms, signal)]);
    waited.abort();
    return this.isReady;
  }

  /** Asks Postgres how far the stream is; `onReached` hears it. */
  stir(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#stream?.ask();
  }

  /** Ends the stream, and with it the slot. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop.abort();
    await this.#stream?.close();
    await this.#running;
  }

  async #connect(): Promise<ReplicationStream> {
    const { databaseUrl, name, publication, onTransaction, onReached } = this.#options;
    const slot = await publication.prepare(() => createSlot(databaseUrl, name));
    const builder = new TransactionBuilder();
    const onMessage = (message: Message) => {
      const transaction = builder.push(message);
      if (transaction === undefined) return;
      this.#queue = this.#queue.then(async () => {
        await onTransaction(transaction);
        this.#saw(transaction.lsn);
      });
    };
    return await slot.start(onMessage, (lsn) => {
      this.#isAsked = false;
      this.#queue = this.#queue.then(() => onReached(lsn));
    });
  }

  #begin(stream: ReplicationStream): void {
    this.#saw(stream.startLsn);
    this.#stream = stream;
    this.#ready.resolve();
  }

  async #keepConnected(first: ReplicationStream): Promise<void> {
    let stream = first;
    while (true) {
      if (this.#stopped) await stream.close();
      await stream.closed;
      await stream.close();
      this.#stream = undefined;
      this.#ready = Promise.withResolvers();
      if (this.#stopped) return;
      this.#options.log("Postgres closed the replication connection; connecting again");
      const next = await this.#reconnect();
      if (next === undefined) return;
      stream = next;
    }
  }

  async #reconnect(): Promise<ReplicationStream | undefined> {
    for (let wait = FIRST_RETRY_MS; !this.#stopped; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      try {
        const stream = await this.#connect();
        // The temporary slot went with the old connection, and what was committed since is unknown.
        this.#options.onRestart();
        this.#begin(stream);
        this.#options.log("replication runs again; clients fetch anew");
        return stream;
      } catch {
        await sleep(wait, this.#stop.signal);
      }
    }
    return undefined;
  }

  #saw(lsn: bigint): void {
    if (lsn > this.#lastSeenLsn) this.#lastSeenLsn = lsn;
  }
}

/** Sleeps for `ms` or until the signal fires, and leaves no timer behind. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  });
}
