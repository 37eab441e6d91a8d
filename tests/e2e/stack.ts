import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import { type RunningPostgres, startPostgres } from "../../dev/postgres.ts";
import { freePort, Server } from "./server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECRET = "a secret of the end-to-end tests, long enough";

/** The two ways to sync that have a proxy of ours in them. */
export const VIAS = ["edge", "proxy"] as const;
export type Via = typeof VIAS[number];

/**
 * Postgres in this process, and the servers as processes of their own: a sync service, an edge, and
 * two gatekeepers on the one database, of which one sends clients to the edge and the other to its
 * own proxy. Disposing stops everything, also what was added later.
 */
export class Stack implements AsyncDisposable {
  readonly sql: Sql;
  readonly #servers = new AsyncDisposableStack();

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly env: Record<string, string>,
    private database: RunningPostgres,
  ) {
    this.sql = postgres(this.database.url, { max: 4, onnotice: () => {} });
  }

  /** Starts Postgres alone; `env` goes to every edge and gatekeeper. */
  static async start(env: Record<string, string> = {}): Promise<Stack> {
    const folder = await Deno.makeTempDir({ prefix: "gatekeeper-e2e-" });
    const port = freePort();
    try {
      return new Stack(folder, port, env, await startPostgres({ dataDir: folder, port }));
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** Starts Postgres and one of each server, and gives how to reach them. */
  static async startAll(env: Record<string, string> = {}): Promise<Stack & AllServers> {
    const stack = await Stack.start(env);
    try {
      const sync = await stack.addSync();
      const edge = await stack.addEdge(sync.url);
      const forEdge = await stack.addGatekeeper(sync.url, edge.url);
      const forProxy = await stack.addGatekeeper(sync.url);
      return Object.assign(stack, { sync, edge, gatekeepers: { edge: forEdge, proxy: forProxy } });
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
  }

  addSync(): Promise<Server> {
    return this.#add("dev/sync/main.ts", "/v1/health", (port) => ({
      args: ["run", "-A", "dev/sync/main.ts"],
      env: { DATABASE_URL: this.database.url, PORT: String(port) },
    }));
  }

  /** An edge in front of `electric`; with `deno` and `cwd`, another Deno on a copied tree. */
  addEdge(electric: string, other?: { deno: string; cwd: string }): Promise<Server> {
    // The import map is given as Supabase gives it, by config.toml; the repository's workspace has it here.
    const options = other === undefined ? [] : ["--no-lock", "--import-map", "edge/deno.json"];
    return this.#add("edge", "/health", (port) => ({
      ...other,
      args: ["serve", "-A", ...options, "--port", String(port), "edge/index.ts"],
      env: { ELECTRIC_URL: electric, AUTH_SECRET: SECRET, ...this.env },
    }));
  }

  addGatekeeper(electric: string, proxy = ""): Promise<Server> {
    return this.#add("gatekeeper", "/health", (port) => ({
      args: ["run", "-A", "gatekeeper/main.ts"],
      env: {
        PORT: String(port),
        DATABASE_URL: this.database.url,
        ELECTRIC_URL: electric,
        ELECTRIC_PROXY_URL: proxy,
        AUTH_SECRET: SECRET,
        ALLOW_ANONYMOUS: "true",
        ...this.env,
      },
    }));
  }

  /** Stops Postgres, for {@link startPostgres} to start it again on the same data and port. */
  stopPostgres(): Promise<void> {
    return this.database.stop();
  }

  async startPostgres(): Promise<void> {
    this.database = await startPostgres({ dataDir: this.folder, port: this.port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#servers.disposeAsync();
    await this.sql.end({ timeout: 1 });
    await this.database.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  async #add(
    name: string,
    health: string,
    command: (port: number) => {
      args: string[];
      env: Record<string, string>;
      deno?: string;
      cwd?: string;
    },
  ): Promise<Server> {
    const port = freePort();
    const server = new Server({
      name,
      port,
      health,
      deno: Deno.execPath(),
      cwd: ROOT,
      ...command(port),
    });
    this.#servers.use(server);
    await server.start();
    return server;
  }
}

/** What {@link Stack.startAll} adds to the stack. */
export interface AllServers {
  readonly sync: Server;
  readonly edge: Server;
  /** By where they send their clients. */
  readonly gatekeepers: Readonly<Record<Via, Server>>;
}
