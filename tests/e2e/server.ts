import { leash, type LeashedProcess } from "../../dev/leash.ts";

/** How a {@link Server} is run. */
export interface ServerOptions {
  readonly name: string;
  readonly port: number;
  /** Path that answers 200 once the server is ready. */
  readonly health: string;
  readonly deno: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Milliseconds that a server may take to be ready, and to go after SIGTERM. */
const READY = 20_000;
const GRACE = 3_000;

/** A server as a process of its own, which can be stopped and started again on its port. */
export class Server implements AsyncDisposable {
  readonly url: string;
  /** What it wrote so far, on both its outputs. */
  log = "";
  #process: LeashedProcess | undefined;

  constructor(private readonly options: ServerOptions) {
    this.url = `http://localhost:${options.port}`;
  }

  get port(): number {
    return this.options.port;
  }

  /** Starts it and waits until it is ready; throws with its log when it isn't in time. */
  async start(): Promise<void> {
    const { deno, args, cwd, env, name, health } = this.options;
    const process = leash({
      command: deno,
      args,
      cwd,
      env: { ...env, NO_COLOR: "1" },
      endSignal: "TERM",
      onLine: (line) => this.log += `${line}\n`,
    });
    this.#process = process;
    let exited = false;
    process.exited.then(() => exited = true);
    const deadline = Date.now() + READY;
    while (!await answers(`${this.url}${health}`)) {
      if (exited || Date.now() > deadline) {
        const what = exited ? "exited" : "isn't ready";
        await this.stop();
        throw new Error(`${name} ${what}:\n${this.log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Sends SIGTERM, and SIGKILL after `grace` milliseconds; gives whether it went by itself. */
  async stop(grace = GRACE): Promise<boolean> {
    const process = this.#process;
    if (process === undefined) return true;
    this.#process = undefined;
    let byItself = true;
    const kill = setTimeout(() => {
      byItself = false;
      process.kill();
    }, grace);
    await process.release();
    await process.exited;
    clearTimeout(kill);
    return byItself;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A TCP port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
