import { leash } from "./leash.ts";

/** How long it may take to end before it is killed, in milliseconds. */
const END_WITHIN = 2500;

/** A command that runs beside the servers and ends with them, such as the dev server of the app's pages. */
export interface App {
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** What {@link startApp} takes. */
export interface AppOptions {
  /** The command and its arguments. */
  readonly command: readonly [name: string, ...args: string[]];
  readonly cwd: string;
  readonly print: (line: string) => void;
  /** Is told the exit code of one that ends by itself. */
  readonly onEnd: (code: number) => void;
}

/** Starts the command. */
export function startApp({ command, cwd, print, onEnd }: AppOptions): App {
  // What npm installs as a command is for a shell on Windows.
  const [name, ...args] = Deno.build.os === "windows"
    ? ["cmd", "/c", ...command] as const
    : command;
  const process = leash({ command: name, args, cwd, endSignal: "TERM", onLine: print });
  let stopping = false;
  process.exited.then((code) => {
    if (!stopping) onEnd(code);
  });
  return {
    async stop() {
      stopping = true;
      const late = setTimeout(() => process.kill(), END_WITHIN);
      await process.release();
      await process.exited;
      clearTimeout(late);
    },
    kill() {
      stopping = true;
      process.kill();
    },
  };
}
