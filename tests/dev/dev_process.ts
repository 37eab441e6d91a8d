import { fileURLToPath } from "node:url";
import { freePort } from "../support/free_port.ts";

/** Folder of this clone. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Ports for one `deno task dev`. */
export interface Ports {
  readonly postgres: number;
  readonly sync: number;
  readonly gatekeeper: number;
  readonly edge: number;
}

/** Four ports that were free a moment ago. */
export function freePorts(): Ports {
  return { postgres: freePort(), sync: freePort(), gatekeeper: freePort(), edge: freePort() };
}

/** A command and its arguments. */
type Command = readonly [name: string, ...args: string[]];

/** `deno task dev`, or what runs it, as a terminal does: in a process group of its own, which Ctrl-C signals. */
export class DevProcess implements AsyncDisposable {
  log = "";
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<unknown>;
  readonly #ports: Ports;

  constructor(
    ports: Ports,
    data: string,
    env: Readonly<Record<string, string>> = {},
    cwd = ROOT,
    [command, ...args]: Command = [Deno.execPath(), "task", "dev"],
  ) {
    this.#ports = ports;
    this.#process = new Deno.Command(command, {
      args,
      cwd,
      env: {
        ...{ DATABASE_URL: "", ELECTRIC_URL: "", AUTH_SECRET: "", NO_COLOR: "1" },
        DEV_DATA: data,
        DEV_POSTGRES_PORT: String(ports.postgres),
        DEV_SYNC_PORT: String(ports.sync),
        DEV_GATEKEEPER_PORT: String(ports.gatekeeper),
        DEV_EDGE_PORT: String(ports.edge),
        ...env,
      },
      detached: true,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = Promise.all([
      this.#gather(this.#process.stdout),
      this.#gather(this.#process.stderr),
    ]);
  }

  /** Waits until the output holds `text`; fails when the process ends or 30 seconds pass before. */
  async printed(text: string, times = 1): Promise<void> {
    let ended = false;
    this.#process.status.then(() => ended = true);
    for (const end = Date.now() + 30_000; this.log.split(text).length <= times; await sleep(1)) {
      if (ended || Date.now() > end) throw new Error(`no '${text}' in\n${this.log}`);
    }
  }

  /** Waits until everything runs; gives how long that took, in milliseconds. */
  async ready(): Promise<number> {
    const started = performance.now();
    await this.printed("Next, get a token");
    return performance.now() - started;
  }

  /** Signals the whole group, as Ctrl-C does. */
  signal(signal: Deno.Signal): void {
    Deno.kill(-this.#process.pid, signal);
  }

  /** Waits for the end; gives the exit code, and what was said by `dev` itself. */
  async end(): Promise<{ code: number; lines: string[] }> {
    const { code } = await this.#process.status;
    await this.#output;
    const said = this.log.split("\n").filter((line) => line.startsWith("dev        | "));
    return { code, lines: said.map((line) => line.slice("dev        | ".length)) };
  }

  /** The ports that something still listens on. */
  async openPorts(): Promise<string[]> {
    const open = [];
    for (const [name, port] of Object.entries(this.#ports)) {
      const connection = await Deno.connect({ port, hostname: "127.0.0.1" }).catch(() => undefined);
      connection?.close();
      if (connection) open.push(name);
    }
    return open;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGTERM");
    } catch {
      // It has ended already.
    }
    await this.end();
  }

  async #gather(stream: ReadableStream<BufferSource>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.log += text;
  }
}

/** A temporary folder that goes with its block. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "gatekeeper-dev-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The processes whose command line holds `text`. */
export async function processesWith(text: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(text));
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
