import postgres from "postgres";
import { startPostgres } from "../../dev/postgres.ts";
import { startSyncService, type SyncService } from "../../dev/sync/service.ts";

/** A Postgres of its own and a sync service on it. */
export interface Stack {
  readonly postgres: TestPostgres;
  readonly service: SyncService;
  readonly sql: postgres.Sql;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A running Postgres whose data go when it stops. */
export interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
  /** Stops and starts it, on the same port, its data kept; runs `between` while it is away. */
  restart(between?: () => Promise<void>): Promise<void>;
}

/** A free port of this machine, free again by the time it is returned. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** A Postgres in a temporary folder, which goes with it. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dataDir = await Deno.makeTempDir({ prefix: "sync-test-" });
  // As root, Postgres runs as another user, which must get into the folder.
  await Deno.chmod(dataDir, 0o777);
  const remove = () => Deno.remove(dataDir, { recursive: true });
  try {
    const options = { dataDir: `${dataDir}/data`, port: freePort() };
    let running = await startPostgres(options);
    return {
      url: running.url,
      async stop() {
        await running.stop();
        await remove();
      },
      async restart(between) {
        await running.stop();
        await between?.();
        running = await startPostgres(options);
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Starts both; `longPollMs` shortens the wait of live requests. */
export async function startStack(options: { longPollMs?: number } = {}): Promise<Stack> {
  const running = await startTestPostgres();
  try {
    const service = await startSyncService({ databaseUrl: running.url, port: 0, ...options });
    const sql = postgres(running.url, { max: 1, onnotice: () => {} });
    return {
      postgres: running,
      service,
      sql,
      async [Symbol.asyncDispose]() {
        await sql.end({ timeout: 1 });
        await service.stop();
        await running.stop();
      },
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}
