import { freePort } from "./free_port.ts";
import { copyEdge, deno214Path, noDeno214 } from "./older_deno.ts";
import { type ProcessOptions, startProcess, type TestProcess } from "./process.ts";

/** Environment variables. */
export type Env = Readonly<Record<string, string>>;

/** `AUTH_SECRET` of every server that isn't given another. */
export const AUTH_SECRET = "the secret of the tests, which is long enough";

/** A gatekeeper whose policies allow everything, for tests that make tables of their own. */
export const ALLOW_ALL = "tests/support/allow_all.ts";

/** A server of ours as a process of its own. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly process: TestProcess;
}

/** Starts `edge/index.ts` with `deno serve`, with no permissions but those it needs. */
export function startEdge(env: Env): Promise<RunningServer> {
  return start((port) => ({
    name: "edge",
    args: ["serve", "-NE", "--port", `${port}`, "edge/index.ts"],
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
      cwd: `${folder.path}/edge`,
      args: ["serve", "-NE", "--no-lock", "--port", `${port}`, "index.ts"],
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

/** What starts an edge, for each Deno that this machine has. */
export const EDGES: Readonly<Record<string, typeof startEdge>> = {
  "Deno": startEdge,
  ...(noDeno214 === null && { "Deno 2.1.4": startEdge214 }),
};

/**
 * Starts the gatekeeper; `env` must hold `DATABASE_URL` and `ELECTRIC_URL`. Everyone may sync
 * everything unless `main` is the product's own `gatekeeper/main.ts`.
 */
export function startGatekeeper(env: Env, main = ALLOW_ALL): Promise<RunningServer> {
  return start((port) => ({
    name: "gatekeeper",
    args: ["run", "-A", main],
    env: { AUTH_SECRET, PORT: `${port}`, ...env },
  }));
}

async function start(options: (port: number) => ProcessOptions): Promise<RunningServer> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const process = await startProcess(options(port), `${url}/health`);
  return { port, url, process, [Symbol.asyncDispose]: () => process.stop() };
}
