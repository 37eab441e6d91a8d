import postgres, { type Sql } from "postgres";
import { applyMigrations } from "../../dev/migrations.ts";
import { caddyName, noCaddy, startCaddy } from "../caddy/caddy.ts";
import { freePort } from "../support/free_port.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/process.ts";
import { ALLOW_ALL, AUTH_SECRET, EDGE, type Env, serveArgs } from "../support/servers.ts";
import { Server } from "./server.ts";

/** All ways that can be had here, for the names of tests. */
export const WAYS = noCaddy === null
  ? `the edge, /proxy and ${caddyName}`
  : `the edge and /proxy (Caddy skipped: ${noCaddy})`;

/** A way to sync that has a proxy of ours in it. */
export interface Via {
  readonly name: "edge" | "proxy" | "caddy";
  /** Address of a gatekeeper that sends its clients this way. */
  readonly gatekeeper: string;
}

/**
 * Postgres and the servers as processes of their own: a sync service, an edge, Caddy where there is
 * one, and a gatekeeper for each of them and one for its own proxy, all on the one database.
 * Disposing stops everything, also what was added later.
 */
export class Stack implements AsyncDisposable {
  readonly sql: Sql;
  readonly #servers = new AsyncDisposableStack();

  private constructor(private readonly env: Env, readonly database: TestPostgres) {
    this.sql = postgres(database.url, { max: 4, onnotice: () => {} });
  }

  /** Starts Postgres alone; `env` goes to every proxy and gatekeeper. */
  static async start(env: Env = {}): Promise<Stack> {
    return new Stack(env, await testPostgres());
  }

  /** Starts Postgres and one of each server, and gives how to reach them. */
  static async startAll(env: Env = {}): Promise<Stack & AllServers> {
    const stack = await Stack.start(env);
    try {
      const sync = await stack.addSync();
      const edge = await stack.addEdge(sync.url);
      const gatekeepers = {
        edge: await stack.addGatekeeper(sync.url, edge.url),
        proxy: await stack.addGatekeeper(sync.url),
      };
      const vias: Via[] = [
        { name: "edge", gatekeeper: gatekeepers.edge.url },
        { name: "proxy", gatekeeper: gatekeepers.proxy.url },
      ];
      if (noCaddy === null) {
        const caddy = await stack.addGatekeeper(sync.url, await stack.addCaddy(sync.url));
        vias.push({ name: "caddy", gatekeeper: caddy.url });
      }
      return Object.assign(stack, { sync, edge, gatekeepers, vias });
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

  addEdge(electric: string, env: Env = {}): Promise<Server> {
    return this.#add("edge", "/health", (port) => ({
      args: ["serve", "-A", "--port", String(port), EDGE],
      env: { ELECTRIC_URL: electric, AUTH_SECRET, ...this.env, ...env },
    }));
  }

  /** Gives Caddy's address. */
  async addCaddy(electric: string): Promise<string> {
    return this.#servers.use(await startCaddy({ ELECTRIC_URL: electric, ...this.env })).url;
  }

  async addGatekeeper(electric: string, proxy = ""): Promise<Server> {
    await applyMigrations(this.database.url, ROOT, () => {});
    return await this.#add("gatekeeper", "/health", (port) => ({
      args: serveArgs(ALLOW_ALL, "-A"),
      env: {
        PORT: String(port),
        DATABASE_URL: this.database.url,
        ELECTRIC_URL: electric,
        ELECTRIC_PROXY_URL: proxy,
        AUTH_SECRET,
        ...this.env,
      },
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#servers.disposeAsync();
    await this.sql.end({ timeout: 1 });
    await this.database[Symbol.asyncDispose]();
  }

  async #add(
    name: string,
    health: string,
    command: (port: number) => { args: string[]; env: Env },
  ): Promise<Server> {
    const port = freePort();
    const server = new Server({ name, ...command(port) }, port, health);
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
  readonly gatekeepers: { readonly edge: Server; readonly proxy: Server };
  /** All ways that can be had here. */
  readonly vias: readonly Via[];
}
