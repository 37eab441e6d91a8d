import { fileURLToPath } from "node:url";
import { leash, type LeashedProcess } from "../../dev/leash.ts";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Milliseconds that a process may take to be ready, and to go after SIGTERM. */
const READY = 20_000;
const GONE = 6_000;

/** Blank counts as unset, so that the tester's own environment has no say. */
const UNSET = Object.fromEntries(
  ("AUTH_AUDIENCE AUTH_CLOCK_TOLERANCE AUTH_ISSUER AUTH_JWKS AUTH_JWKS_URL " +
    "AUTH_PRIVATE_JWK AUTH_REVOCATIONS_INTERVAL AUTH_REVOCATIONS_MAX_AGE " +
    "AUTH_REVOCATIONS_REQUIRED AUTH_REVOCATIONS_URL AUTH_SECRET AUTH_SECRET_NEXT AUTH_SECRET_PREVIOUS AUTH_TOKEN_TTL DATABASE_URL " +
    "ELECTRIC_PASS_COMPRESSED ELECTRIC_PROXY_URL ELECTRIC_SECRET ELECTRIC_SOURCE_ID " +
    "ELECTRIC_TIMEOUT ELECTRIC_URL ELECTRIC_VERSION " +
    "FUNCTION_NAME HOST PORT SUPABASE_DB_URL SUPABASE_JWT_SECRET SUPABASE_URL USER_AUDIENCE " +
    "USER_ISSUER USER_JWKS_URL").split(" ").map((name) => [name, ""]),
);

/** How to start a {@link TestProcess}. */
export interface ProcessOptions {
  /** For messages. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** By default, the Deno that runs the tests. */
  readonly command?: string;
  /** By default, the repository's folder. */
  readonly cwd?: string;
  /** How it is told to end; by default, by SIGTERM. */
  readonly endSignal?: "INT" | "TERM";
}

/** A process of the code under test; it ends when it is disposed, or when the tests end. */
export class TestProcess implements AsyncDisposable {
  /** What it wrote to both its outputs so far. */
  readonly lines: string[] = [];
  /** Settles with the exit code. */
  readonly exited: Promise<number>;
  readonly #process: LeashedProcess;
  #running = true;

  /** Its process group: itself and its own children. */
  get group(): number {
    return this.#process.group;
  }

  constructor(private readonly options: ProcessOptions) {
    this.#process = leash({
      command: options.command ?? Deno.execPath(),
      args: options.args,
      cwd: options.cwd ?? ROOT,
      env: { ...UNSET, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
      endSignal: options.endSignal ?? "TERM",
      onLine: (line) => this.lines.push(line),
    });
    this.exited = this.#process.exited.finally(() => this.#running = false);
  }

  /** Waits until `url` answers 200; throws with what the process wrote if it doesn't. */
  async ready(url: string): Promise<void> {
    const deadline = Date.now() + READY;
    while (!await answers(url)) {
      if (this.#running && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const what = this.#running ? `isn't ready after ${READY} ms` : "ended";
      await this.stop();
      throw new Error(`${this.options.name} ${what}:\n${this.lines.join("\n")}`);
    }
  }

  /** Sends SIGTERM, or what it was started with, and waits until the process is gone; kills it and throws if it stays. */
  async stop(): Promise<void> {
    let stayed = false;
    const timer = setTimeout(() => {
      stayed = true;
      this.#process.kill();
    }, GONE);
    await this.#process.release();
    await this.exited;
    clearTimeout(timer);
    if (stayed) {
      throw new Error(`${this.options.name} ignored its signal:\n${this.lines.join("\n")}`);
    }
  }

  /** Ends it at once, with all its children. */
  async kill(): Promise<void> {
    this.#process.kill();
    await this.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Starts a process, and waits until `ready`, where given, answers 200. */
export async function startProcess(options: ProcessOptions, ready?: string): Promise<TestProcess> {
  const process = new TestProcess(options);
  if (ready !== undefined) await process.ready(ready);
  return process;
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
