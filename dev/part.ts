import { setTimeout as sleep } from "node:timers/promises";
import { DevError } from "./error.ts";
import { leash, type LeashedProcess } from "./leash.ts";

/** A server that `dev` runs as a child process. */
export interface PartOptions {
  /** Name its output is prefixed with. */
  readonly name: string;
  /** Arguments for Deno. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Answers 200 once the part is ready. */
  readonly healthUrl: string;
  readonly print: (name: string, line: string) => void;
}

/** How long a part may take to be ready, in milliseconds. */
const READY_WITHIN = 60_000;
/** How long a part may take to end before it is killed, in milliseconds. */
const END_WITHIN = 2500;
/** A part that ends by itself sooner than this waits for a change of its code, in milliseconds. */
const STEADY_AFTER = 5000;

/** A server that is started, restarted and stopped. */
export class Part {
  readonly #options: PartOptions;
  #process: LeashedProcess | undefined;
  #stopping = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: PartOptions) {
    this.#options = options;
  }

  /**
   * Starts it and waits until it is healthy.
   *
   * @throws {DevError} `part_failed` when it ends before.
   */
  async start(): Promise<void> {
    if (this.#stopping) return;
    const { name, args, cwd, env, healthUrl, print } = this.#options;
    const started = performance.now();
    const process = leash({
      command: Deno.execPath(),
      args,
      cwd,
      env,
      endSignal: "TERM",
      onLine: (line) => print(name, line),
    });
    this.#process = process;
    let ended: number | undefined;
    process.exited.then((code) => ended = code);
    while (!await isHealthy(healthUrl)) {
      if (this.#stopping) return;
      if (ended !== undefined) {
        this.#process = undefined;
        throw new DevError(
          "part_failed",
          `${name} ended while starting (exit ${ended}), see above.`,
        );
      }
      if (performance.now() - started > READY_WITHIN) {
        throw new DevError("part_failed", `${name} doesn't answer ${healthUrl}.`);
      }
      await sleep(50);
    }
    process.exited.then((code) => this.#onEnd(process, code, performance.now() - started));
  }

  /** Ends it and starts it again; a failure to start is reported and mended by the next change. */
  restart(reason: string): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#stopping) return;
      this.#options.print(this.#options.name, `${reason}, restarting`);
      await this.#end();
      const started = performance.now();
      try {
        await this.start();
      } catch (error) {
        if (!(error instanceof DevError)) throw error;
        this.#report(`${error.message} It starts again when its code changes.`);
        return;
      }
      if (!this.#stopping) this.#report(`ready (${seconds(performance.now() - started)})`);
    });
    return this.#queue;
  }

  /** Ends it for good: first asked to, then killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#end();
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping = true;
    this.#process?.kill();
  }

  async #end(): Promise<void> {
    const process = this.#process;
    if (!process) return;
    this.#process = undefined;
    const late = setTimeout(() => process.kill(), END_WITHIN);
    await process.release();
    await process.exited;
    clearTimeout(late);
  }

  #onEnd(process: LeashedProcess, code: number, lived: number): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    if (lived > STEADY_AFTER) this.restart(`ended by itself (exit ${code})`);
    else this.#report(`ended by itself (exit ${code}); it starts again when its code changes.`);
  }

  #report(line: string): void {
    this.#options.print(this.#options.name, line);
  }
}

/** Milliseconds as seconds with one decimal: `1.6 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
