import { spawn } from "node:child_process";
import process from "node:process";
import { DENO_OF_NPM } from "../deno_of_npm.ts";

/** Milliseconds that a run may take, with the download of what it imports. */
const TIMEOUT = 300_000;

/** What a run wrote, and how it ended. */
export interface DenoRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run Deno. */
export interface DenoOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Runs Deno with these arguments. */
export type Deno = (args: readonly string[], options: DenoOptions) => Promise<DenoRun>;

type Env = Readonly<Record<string, string | undefined>>;

/** The Deno that this runs on, if it does. */
const OWN = process.versions["deno"] === undefined ? null : process.execPath;

/** Finds a Deno: our own, the one on the PATH, or npm's; `null` where there is none of them. */
export async function findDeno(env: Env, own = OWN): Promise<Deno | null> {
  const candidates = own !== null ? [[own]] : [["deno"], DENO_OF_NPM];
  for (const [command = "", ...first] of candidates) {
    const deno: Deno = (args, options) => run(command, [...first, ...args], env, options);
    const isThere = await deno(["--version"], { cwd: process.cwd() }).then(
      ({ code }) => code === 0,
      () => false,
    );
    if (isThere) return deno;
  }
  return null;
}

function run(
  command: string,
  args: readonly string[],
  env: Env,
  { cwd, env: more, stdin = "" }: DenoOptions,
): Promise<DenoRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...more },
      // There, npx is a script for the shell.
      shell: process.platform === "win32" && command === "npx",
    });
    // Its own `timeout` goes on in Node when there is no such command.
    const timer = setTimeout(() => child.kill(), TIMEOUT);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, stdout, stderr });
    });
    // It may end without having read all of it.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
  });
}
