import { connectOwner, connectReader } from "./connection.ts";
import { Follower } from "./follower.ts";
import { createHandler } from "./handler.ts";
import { newServiceName, Publication } from "./publication.ts";
import { ShapeRegistry } from "./shape_registry.ts";
import { TableCache } from "./table_cache.ts";

/** What a sync service is started with. */
export interface SyncServiceOptions {
  /** Postgres with `wal_level=logical`; its user owns the tables and may replicate. */
  readonly databaseUrl: string;
  /** TCP port on 127.0.0.1; 0 is any free one. */
  readonly port: number;
  /** Requests must carry it as `secret=`; without one, everybody may ask. */
  readonly secret?: string;
  /** How long a live request without news is held; 20000 unless told. */
  readonly longPollMs?: number;
  /** Whether `DELETE /v1/shape` is answered; otherwise it is a 405. */
  readonly allowsDeletion?: boolean;
  /** Gets a line for what a developer should know of. */
  readonly log?: (line: string) => void;
}

/** A running sync service. */
export interface SyncService {
  readonly url: string;
  readonly port: number;
  /** Ends held requests and frees port, connections, slot, publication and role. */
  stop(): Promise<void>;
}

const RECONCILE_MS = 1000;
/** How long stopping waits for what may hang, each. */
const PATIENCE_MS = 300;

/**
 * Starts a stand-in for Electric, for development and tests: its HTTP API, in memory, on one
 * Postgres. Rejects when Postgres can't be reached, doesn't have `wal_level=logical`, or the port
 * is taken.
 */
export async function startSyncService(options: SyncServiceOptions): Promise<SyncService> {
  const log = options.log ?? (() => {});
  const name = newServiceName();
  const owner = connectOwner(options.databaseUrl);
  const reader = connectReader(options.databaseUrl, name);
  const publication = new Publication(options.databaseUrl, owner, name);
  const tables = new TableCache(owner);
  const shapes = new ShapeRegistry(reader, publication, {
    onTableChanged: (oid) => tables.forget(oid),
    stir: () => follower.stir(),
  });
  const follower: Follower = new Follower({
    databaseUrl: options.databaseUrl,
    name,
    publication,
    onTransaction: (transaction) => shapes.apply(transaction),
    onReached: (lsn) => shapes.reached(lsn),
    onRestart: () => shapes.dropAll(),
    log,
  });
  const timer = setInterval(() => reconcile(), RECONCILE_MS);
  let isReconciling = false;
  async function reconcile(): Promise<void> {
    if (isReconciling || !follower.isReady) return;
    isReconciling = true;
    try {
      for (const oid of await tables.reconcile()) {
        shapes.dropTable(oid);
        tables.forget(oid);
      }
    } catch {
      // Postgres is away; the follower notices, and what changed meanwhile is fetched anew.
    } finally {
      isReconciling = false;
    }
  }

  async function free(): Promise<void> {
    clearInterval(timer);
    shapes.dropAll();
    await atMost(PATIENCE_MS, Promise.all([follower.stop(), reader.end({ timeout: 0 })]));
    await atMost(PATIENCE_MS, publication.remove());
    await atMost(PATIENCE_MS, owner.end({ timeout: 0 }));
  }

  try {
    await follower.start();
    const closing = new AbortController();
    const { signal } = closing;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: options.port, signal, onListen: () => {} },
      createHandler({
        reader,
        tables,
        shapes,
        follower,
        longPollMs: options.longPollMs ?? 20_000,
        secret: options.secret,
        allowsDeletion: options.allowsDeletion ?? false,
        log,
      }),
    );
    const stop = async () => {
      // Held requests are hung up on: an answer would make clients refetch before they need to.
      closing.abort();
      await atMost(PATIENCE_MS, server.finished);
      await free();
    };
    return { url: `http://127.0.0.1:${server.addr.port}`, port: server.addr.port, stop };
  } catch (error) {
    await free();
    throw error;
  }
}

/** Waits up to `ms` and tells whether that was enough: a Postgres that is away may not answer. */
async function atMost(ms: number, done: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  const ended = done.then(() => true, () => true);
  const isDone = await Promise.race([ended, promise]);
  clearTimeout(timer);
  return isDone;
}
