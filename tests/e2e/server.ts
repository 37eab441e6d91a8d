import { type ProcessOptions, startProcess, type TestProcess } from "../support/process.ts";

/** A server as a process of its own, which can be stopped and started again on its port. */
export class Server implements AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  #process: TestProcess | undefined;

  /** `health` is the path that answers 200 once it is ready. */
  constructor(
    private readonly options: ProcessOptions,
    readonly port: number,
    private readonly health: string,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts it and waits until it is ready; throws with its log when it isn't in time. */
  async start(): Promise<void> {
    this.#process = await startProcess(this.options, this.url + this.health);
  }

  /** Sends SIGTERM; throws when it doesn't go. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
