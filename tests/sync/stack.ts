import postgres from "postgres";
import { startSyncService, type SyncService } from "../../dev/sync/service.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";

/** A Postgres of its own and a sync service on it. */
export interface Stack extends AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly service: SyncService;
  readonly sql: postgres.Sql;
}

/** Starts both; `longPollMs` shortens the wait of live requests. */
export async function startStack(options: { longPollMs?: number } = {}): Promise<Stack> {
  await using open = new AsyncDisposableStack();
  const running = open.use(await testPostgres());
  const service = await startSyncService({ databaseUrl: running.url, port: 0, ...options });
  open.defer(() => service.stop());
  const sql = postgres(running.url, { max: 1, onnotice: () => {} });
  open.defer(() => sql.end({ timeout: 1 }));
  const kept = open.move();
  return { postgres: running, service, sql, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
