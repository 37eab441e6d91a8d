import { applyMigrations } from "../../dev/migrations.ts";
import { freePort } from "./free_port.ts";
import { copyEdge, deno214Path, noDeno214 } from "./older_deno.ts";
import { type ProcessOptions, ROOT, startProcess, type TestProcess } from "./process.ts";

/** Environment variables. */
export type Env = Readonly<Record<string, string>>;

/** `AUTH_SECRET` of every server that isn't given another. */
export const AUTH_SECRET = "the secret of the tests, which is long enough";

/** A gatekeeper whose policies allow everything, for tests that make tables of their own. */
export const ALLOW_ALL = "tests/support/allow_all.ts";

/** The example's own functions. */
export const EDGE = "supabase/functions/edge/index.ts";
export const GATEKEEPER = "supabase/functions/gatekeeper/index.ts";

/** Arguments for Deno that run a server by itself, listening by `HOST` and `PORT`. */
export function serveArgs(file: string, permissions = "-NER"): string[] {
  return ["run", permissions, "cli/serve.ts", file];
}

/** A server of ours as a process of its own. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly process: TestProcess;
}

/** Starts the edge with `deno serve`, with no permissions but those it needs. */
export function startEdge(env: Env): Promise<RunningServer> {
  return start((port) => ({
    name: "edge",
    args: ["serve", "-NE", "--port", `${port}`, EDGE],
    env: { AUTH_SECRET, ...env },
  }));
}

/** The same on Deno 2.1.4, from a copy of the files that are deployed. */
export async function startEdge214(env: Env): Promise<RunningServer> {
  const folder = await copyEdge();
  try {
    const command = await deno214Path();
    const server = await start((port) => ({
      name: "edge on Deno 2.1.4",
      command,
      cwd: folder.path,
      args: serve214(port),
      env: { AUTH_SECRET, ...env },
    }));
    const dispose = async () => {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    };
    return { ...server, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Arguments for Deno 2.1.4 that serve the edge, in a folder of {@link copyEdge}. */
export function serve214(port: number): string[] {
  const config = ["--no-config", "--no-lock", "--import-map", "supabase/functions/edge/deno.json"];
  return ["serve", "-NE", ...config, "--port", `${port}`, EDGE];
}

/** What starts an edge, for each Deno that this machine has. */
export const EDGES: Readonly<Record<string, typeof startEdge>> = {
  "Deno": startEdge,
  ...(noDeno214 === null && { "Deno 2.1.4": startEdge214 }),
};

/**
 * Starts the gatekeeper, on a database that gets the example's tables; `env` must hold `DATABASE_URL` and `ELECTRIC_URL`. Everyone may sync
 * everything unless `file` is the example's own.
 */
export async function startGatekeeper(env: Env, file = ALLOW_ALL): Promise<RunningServer> {
  await applyMigrations(env["DATABASE_URL"] ?? "", ROOT, () => {});
  return await start((port) => ({
    name: "gatekeeper",
    args: serveArgs(file, "-A"),
    env: { AUTH_SECRET, PORT: `${port}`, ...env },
  }));
}

async function start(options: (port: number) => ProcessOptions): Promise<RunningServer> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = await startProcess(options(port), `${url}/health`);
  return { port, url, process, [Symbol.asyncDispose]: () => process.stop() };
}
