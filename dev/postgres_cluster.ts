import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DevError } from "./error.ts";
import { leash } from "./leash.ts";
import { type Account, canReach } from "./postgres_account.ts";
import type { PostgresBinaries } from "./postgres_binaries.ts";

/** What {@link prepareCluster} works on. */
export interface Cluster {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  readonly onLog: (line: string) => void;
}

/**
 * Makes `dataDir` a folder that Postgres can start on: runs `initdb` when it is missing or empty, and
 * removes the `postmaster.pid` of a server that is gone.
 *
 * @throws {DevError} `data_unusable` or `postgres_failed`, saying which folder and what to do.
 */
export async function prepareCluster(cluster: Cluster, version: string): Promise<void> {
  const { dataDir, account } = cluster;
  const parent = dirname(dataDir);
  await Deno.mkdir(parent, { recursive: true });
  if (!await canReach(account, parent)) {
    throw new DevError(
      "data_unusable",
      `The user Postgres runs as can't enter ${parent}: choose another folder, or make the way there traversable (chmod o+x).`,
    );
  }
  const found = await readVersion(dataDir);
  if (found === undefined) return await initialise(cluster);
  if (found !== version) {
    throw new DevError(
      "data_unusable",
      `${dataDir} holds data of Postgres ${found}, not ${version}: delete the folder or choose another.`,
    );
  }
  const leftover = await leftoverPostmaster(dataDir);
  if (leftover === "stale") await Deno.remove(join(dataDir, "postmaster.pid"));
}

/**
 * Stops the server that a killed run left on `dataDir`, if any. Only for the one that holds the folder's lock.
 */
export async function stopLeftover(dataDir: string): Promise<void> {
  const pid = await leftoverPostmaster(dataDir);
  if (typeof pid !== "number") return;
  Deno.kill(pid, "SIGINT");
  for (let waited = 0; waited < 5000 && await runs(pid, dataDir); waited += 50) {
    await sleep(50);
  }
}

/** Reads the major version a data folder was made by; `undefined` when there is nothing in it. */
async function readVersion(dataDir: string): Promise<string | undefined> {
  const version = await Deno.readTextFile(join(dataDir, "PG_VERSION")).catch(() => undefined);
  if (version !== undefined) return version.trim();
  const entries = await Array.fromAsync(Deno.readDir(dataDir)).catch(() => []);
  if (entries.length === 0) return undefined;
  throw new DevError(
    "data_unusable",
    `${dataDir} isn't a Postgres data folder: delete it or choose another.`,
  );
}

// initdb writes PG_VERSION first, so a run that was cut off looks complete. It therefore works in a
// folder beside, which takes its place only when complete.
async function initialise({ dataDir, binaries, account, onLog }: Cluster): Promise<void> {
  const draft = `${dataDir}.initdb`;
  await Deno.remove(draft, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(draft, { mode: 0o700 });
  const password = await Deno.makeTempFile({ prefix: "initdb-" });
  try {
    await Deno.writeTextFile(password, "password\n");
    if (account) {
      await Deno.chown(draft, account.uid, account.gid);
      await Deno.chown(password, account.uid, account.gid);
    }
    const output: string[] = [];
    const code = await leash({
      command: binaries.initdb,
      args: [
        `--pgdata=${draft}`,
        `--pwfile=${password}`,
        ...["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"],
        ...["--lc-messages=C", "--no-sync"],
      ],
      cwd: Deno.build.os === "windows" ? draft : "/",
      ...(account ? { account } : {}),
      endSignal: "TERM",
      onLine: (line) => {
        output.push(line);
        onLog(line);
      },
    }).exited;
    if (code !== 0) {
      const reason = output.findLast((line) => line.includes("error:")) ?? `exit ${code}`;
      throw new DevError("postgres_failed", `initdb failed: ${reason}`);
    }
    await Deno.rename(draft, dataDir);
  } finally {
    await Deno.remove(password).catch(ignoreMissing);
    await Deno.remove(draft, { recursive: true }).catch(ignoreMissing);
  }
}

/** The pid of the server that runs on `dataDir`, `stale` when its pid file names none, else `undefined`. */
async function leftoverPostmaster(dataDir: string): Promise<number | "stale" | undefined> {
  const file = await Deno.readTextFile(join(dataDir, "postmaster.pid")).catch(() => undefined);
  if (file === undefined) return undefined;
  const pid = Number(file.split("\n")[0]);
  return Number.isInteger(pid) && pid > 1 && await runs(pid, dataDir) ? pid : "stale";
}

// A process id alone says nothing: after a reboot another process may have it, and Postgres would refuse to start.
async function runs(pid: number, dataDir: string): Promise<boolean> {
  const linux = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => undefined);
  if (linux !== undefined) return linux.split("\0").includes(dataDir);
  if (Deno.build.os !== "darwin") return false;
  const ps = await new Deno.Command("ps", { args: ["-o", "command=", "-p", String(pid)] }).output();
  return new TextDecoder().decode(ps.stdout).includes(dataDir);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
