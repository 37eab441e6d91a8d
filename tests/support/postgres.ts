import { type RunningPostgres, startPostgres } from "../../dev/postgres.ts";
import { freePort } from "./free_port.ts";
import { tempDir } from "./temp_dir.ts";

/** A Postgres of one test file, with an empty database `electric`; its data goes with it. */
export interface TestPostgres extends AsyncDisposable {
  readonly url: string;
  /** Stops the server but keeps port and data, for a later {@link TestPostgres.start}. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts an embedded Postgres in a temporary folder, on a free port; `onLog` gets what it logs. */
export async function testPostgres(onLog = (_line: string) => {}): Promise<TestPostgres> {
  const folder = await tempDir();
  const options = { dataDir: `${folder.path}/data`, port: freePort(), onLog };
  let running: RunningPostgres | undefined;
  const start = async () => {
    running = await startPostgres(options);
  };
  const stop = async () => {
    await running?.stop();
    running = undefined;
  };
  const dispose = async () => {
    await stop();
    await folder[Symbol.asyncDispose]();
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  const url = `postgresql://postgres:password@localhost:${options.port}/electric`;
  return { url, start, stop, [Symbol.asyncDispose]: dispose };
}
