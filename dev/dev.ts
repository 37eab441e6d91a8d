import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DevConfig } from "./config.ts";
import { postgresFolder } from "./data.ts";
import { checkDatabase } from "./database.ts";
import { waitForElectric } from "./electric.ts";
import { lockFolder } from "./lock.ts";
import { applyMigrations } from "./migrations.ts";
import { seconds } from "./part.ts";
import { makeParts, type PartSettings, reachOf, type WatchedPart } from "./parts.ts";
import { Events } from "./playground/events.ts";
import { readLine } from "./playground/lines.ts";
import { startPlayground } from "./playground/start.ts";
import { checkHost, checkPorts, pickPort } from "./ports.ts";
import { type RunningPostgres, startPostgres } from "./postgres.ts";
import { findServers } from "./project_servers.ts";
import { stopLeftover } from "./postgres_cluster.ts";
import { announce, withdraw } from "./running.ts";
import { devSecret } from "./secret.ts";
import { makeSupabaseSchema } from "./supabase_schema.ts";
import { loadSeed } from "./seed.ts";
import { watchCode } from "./watch.ts";

/** Prints one line of a part's output. */
export type Print = (part: string, line: string) => void;

/** The whole development environment: what is started, watched and stopped together. */
export class Dev {
  readonly #config: DevConfig;
  readonly #print: Print;
  readonly #over = new AbortController();
  #lock: Deno.FsFile | undefined;
  #postgres: Promise<RunningPostgres> | undefined;
  #parts: WatchedPart[] = [];
  #playground: AsyncDisposable | undefined;
  readonly #events = new Events();

  constructor(config: DevConfig, print: Print) {
    this.#config = config;
    this.#print = print;
  }

  /**
   * Starts everything in order and settles when it is ready. `onLost` is told when Postgres ends by itself.
   *
   * @throws {DevError} with a one-line message; what was started until then still has to be stopped.
   */
  async start(onLost: (line: string) => void): Promise<void> {
    const { data, ports, databaseUrl, electricUrl, authSecret, ownUsers } = this.#config;
    const started = performance.now();
    this.#lock = await lockFolder(data);
    const folder = databaseUrl === undefined ? await postgresFolder(data) : undefined;
    if (folder) await stopLeftover(folder);
    const servers = findServers(this.#config);
    checkHost(this.#config.host);
    await checkPorts([
      ...(folder ? [{ port: ports.postgres, part: "Postgres", setting: "DEV_POSTGRES_PORT" }] : []),
      ...(electricUrl === undefined
        ? [{ port: ports.sync, part: "the sync service", setting: "DEV_SYNC_PORT" }]
        : []),
      { port: ports.gatekeeper, part: "the gatekeeper", setting: "DEV_GATEKEEPER_PORT" },
      { port: ports.edge, part: "the edge", setting: "DEV_EDGE_PORT" },
    ]);
    const settings = {
      servers,
      gatekeeperPort: pickPort(),
      databaseUrl: databaseUrl ?? await this.#startPostgres(folder ?? data, onLost),
      electricUrl: electricUrl ?? `http://localhost:${ports.sync}`,
      authSecret: authSecret ?? await devSecret(data, "auth-secret"),
      userSecret: ownUsers ? await devSecret(data, "user-secret") : undefined,
    };
    if (databaseUrl) {
      await checkDatabase(databaseUrl, electricUrl === undefined);
      this.#print("postgres", "using DATABASE_URL");
    }
    if (electricUrl) {
      this.#print("sync", `using ELECTRIC_URL ${electricUrl}`);
      await waitForElectric(electricUrl, this.#over.signal, (line) => this.#print("sync", line));
    }
    await announce(this.#config.root, { data, ownUsers, databaseUrl: settings.databaseUrl });
    const applies = databaseUrl === undefined || this.#config.migrates;
    if (applies) await this.#prepareTables(settings.databaseUrl);
    const print = (part: string, line: string) => this.#printPart(part, line);
    // First, for the edge may ask the gatekeeper by the playground's port.
    await this.#startPlayground(settings);
    await this.#startParts(makeParts(this.#config, settings, print));
    this.#watch(applies ? settings.databaseUrl : undefined);
    this.#greet(settings, started);
  }

  /** Stops everything, Postgres last. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#playground?.[Symbol.asyncDispose]();
    // What asks the sync service first, so that nobody takes its end for a failure.
    const [asked, asking] = [["sync"], ["gatekeeper", "edge"]].map((names) =>
      this.#parts.filter(({ name }) => names.includes(name))
    );
    for (const parts of [asking, asked]) {
      await Promise.all(parts?.map(({ part }) => part.stop()) ?? []);
    }
    const postgres = await this.#postgres?.catch(() => undefined);
    await postgres?.stop();
    await withdraw(this.#config.root);
    this.#lock?.close();
  }

  /** Ends everything at once. What is only just starting ends with this process. */
  async kill(): Promise<void> {
    for (const { part } of this.#parts) part.kill();
    const starting = new Promise<undefined>((done) => setTimeout(() => done(undefined), 10));
    (await Promise.race([this.#postgres?.catch(() => undefined), starting]))?.kill();
  }

  async #startPostgres(dataDir: string, onLost: (line: string) => void): Promise<string> {
    const started = performance.now();
    const isNew = !await stat(join(dataDir, "PG_VERSION")).catch(() => undefined);
    if (isNew) this.#print("postgres", `making a database cluster in ${dataDir}`);
    const { postgres: port } = this.#config.ports;
    this.#postgres = startPostgres({
      dataDir,
      port,
      onLog: (line) => {
        // While stopping, Postgres reports each of its clients that leaves.
        if (this.#over.signal.aborted) return;
        if (/ (WARNING|ERROR|FATAL|PANIC): /.test(line)) this.#print("postgres", line);
      },
    });
    const postgres = await this.#postgres;
    postgres.exited.then((code) => {
      if (!this.#over.signal.aborted) onLost(`Postgres ended by itself (exit ${code}).`);
    });
    this.#print("postgres", `ready on port ${port} (${seconds(performance.now() - started)})`);
    return postgres.url;
  }

  /** Applies the project's migrations and seed: to our own Postgres, and to another only where that was asked for. */
  async #prepareTables(databaseUrl: string): Promise<void> {
    if (this.#over.signal.aborted) return;
    const { root } = this.#config;
    if (this.#config.databaseUrl === undefined) await makeSupabaseSchema(databaseUrl);
    await applyMigrations(databaseUrl, root, (line) => this.#print("postgres", line));
    if (await loadSeed(databaseUrl, root)) this.#print("postgres", "loaded supabase/seed.sql");
  }

  async #startParts(parts: WatchedPart[]): Promise<void> {
    for (const watched of parts) {
      if (this.#over.signal.aborted) return;
      const started = performance.now();
      this.#parts.push(watched);
      await watched.part.start();
      if (this.#over.signal.aborted) return;
      this.#print(watched.name, `ready (${seconds(performance.now() - started)})`);
    }
  }

  async #startPlayground(settings: PartSettings): Promise<void> {
    if (this.#over.signal.aborted) return;
    const { host, ports } = this.#config;
    this.#playground = await startPlayground({
      ...settings,
      config: this.#config,
      edge: `http://${reachOf(host)}:${ports.edge}`,
      events: this.#events,
      log: (line) => this.#print("playground", line),
    });
  }

  /** What a part prints, the playground shows, too; what is meant for that alone isn't printed. */
  #printPart(part: string, line: string): void {
    const event = readLine(part, line);
    this.#events.tell(event);
    if (event.type === "line") this.#print(part, line);
  }

  /** Restarts what a change of the code touches; new migrations are applied to `databaseUrl`, if there is one. */
  #watch(databaseUrl: string | undefined): void {
    const parts = this.#parts.map(({ folders, part }) => ({
      folders,
      onChange: (path: string) => void part.restart(`${path} changed`),
    }));
    const migrations = databaseUrl === undefined ? [] : [{
      folders: ["supabase/migrations"],
      onChange: () => void this.#prepareTables(databaseUrl).catch((error) => this.#tell(error)),
    }];
    const { root, library } = this.#config;
    watchCode([...new Set([root, library])], [...parts, ...migrations], this.#over.signal);
  }

  #tell(error: unknown): void {
    this.#print("postgres", error instanceof Error ? error.message : String(error));
  }

  #greet(settings: { databaseUrl: string; electricUrl: string }, started: number): void {
    if (this.#over.signal.aborted) return;
    const { ports, databaseUrl, root, library } = this.#config;
    const table = root === library ? "items" : "<table>";
    const gatekeeper = `http://localhost:${ports.gatekeeper}`;
    for (
      const line of [
        `Ready in ${seconds(performance.now() - started)}. Ctrl-C stops everything.`,
        `  playground  ${gatekeeper}/`,
        `  gatekeeper  ${gatekeeper}`,
        `  edge        http://localhost:${ports.edge}`,
        `  Electric    ${settings.electricUrl}`,
        `  Postgres    ${databaseUrl ? "DATABASE_URL" : settings.databaseUrl}`,
        `Next, get a token: curl -X POST ${gatekeeper}/gatekeeper/${table}`,
      ]
    ) this.#print("dev", line);
  }
}
