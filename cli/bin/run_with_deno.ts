import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DENO_OF_NPM } from "../deno_of_npm.ts";

/** As a version's numbers: the first Deno that will do. */
const LEAST = [2, 9];

/** The package's own folder; this file is `cli/bin/run_with_deno.js` in it. */
const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a module of ours with Deno, in this folder and on this terminal; gives its exit code. */
export async function runWithDeno(module: string, args: readonly string[]): Promise<number> {
  const sources = unpackSources();
  const [program, ...before] = findDeno();
  const config = ["run", "-A", "--no-prompt", "--config", join(sources, "deno.json")];
  const all = [...before, ...config, join(sources, module), ...args];
  const child = spawn(program, all, {
    stdio: "inherit",
    shell: process.platform === "win32",
    // What help and errors call the commands by.
    env: { ...process.env, ELECTRIC_GATEKEEPER_COMMAND: "npx electric-gatekeeper" },
  });
  // Ctrl-C reaches the whole group by itself; it is the child's to say how that ends.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}

/**
 * Copies our sources out of `node_modules`, where Deno takes no TypeScript, once for each build; gives
 * the folder.
 */
function unpackSources(): string {
  const build = readFileSync(join(PACKAGE, "src", "build.txt"), "utf8").trim();
  const target = join(cacheFolder(), "electric-gatekeeper", build);
  if (existsSync(target)) return target;
  // Under another name until it is whole, for another may start at the same time.
  const temporary = `${target}.${process.pid}`;
  cpSync(join(PACKAGE, "src"), temporary, { recursive: true });
  try {
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === "win32") return LOCALAPPDATA ?? join(homedir(), "AppData", "Local");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches");
  return XDG_CACHE_HOME || join(homedir(), ".cache");
}

/** A command that is a Deno: this machine's where it is new enough, else npm's. */
function findDeno(): readonly [string, ...string[]] {
  const { status, stdout } = spawnSync("deno", ["--version"], { encoding: "utf8" });
  const [, major, minor] = /^deno (\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
  const [leastMajor = 0, leastMinor = 0] = LEAST;
  const isNew = Number(major) > leastMajor ||
    (Number(major) === leastMajor && Number(minor) >= leastMinor);
  return status === 0 && isNew ? ["deno"] : DENO_OF_NPM;
}
