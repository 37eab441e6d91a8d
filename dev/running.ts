import { join } from "node:path";
import { DevError } from "./error.ts";
import { isLocked } from "./lock.ts";

/** What the other tasks have to know of a `deno task dev` that runs. */
export interface RunningDev {
  /** Its data folder, which holds its secrets. */
  readonly data: string;
  readonly databaseUrl: string;
  /** Whether `deno task token` makes its users' access tokens. */
  readonly ownUsers: boolean;
}

/** Where the running ones of a clone are written down, wherever their data is. */
const folderOf = (root: string) => join(root, ".dev", "running");

/** Writes down that a `dev` runs, for {@link findRunning}; readable by its owner only, for the URL may hold a password. */
export async function announce(root: string, running: RunningDev): Promise<void> {
  await Deno.mkdir(folderOf(root), { recursive: true });
  await forgetKilled(root, running.data);
  const path = join(folderOf(root), `${Deno.pid}.json`);
  await Deno.writeTextFile(path, JSON.stringify(running), { mode: 0o600 });
}

/** Whoever has the data folder's lock is alone with it: what else is written down of it was killed. */
async function forgetKilled(root: string, data: string): Promise<void> {
  for await (const { name } of Deno.readDir(folderOf(root))) {
    const path = join(folderOf(root), name);
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text.includes(JSON.stringify(data))) await Deno.remove(path).catch(() => {});
  }
}

/** Takes back what {@link announce} has written. */
export async function withdraw(root: string): Promise<void> {
  await Deno.remove(join(folderOf(root), `${Deno.pid}.json`)).catch(() => {});
  // Only where it is empty: another may run.
  await Deno.remove(folderOf(root)).catch(() => {});
}

/**
 * Gives the `dev` that runs in this clone; with `data`, the one that has this data folder.
 *
 * @throws {DevError} `not_running` when there is none, `many_running` when `data` must say which.
 */
export async function findRunning(root: string, data: string | undefined): Promise<RunningDev> {
  const all = await readRunning(root);
  const [found, ...others] = data === undefined ? all : all.filter((dev) => dev.data === data);
  if (found === undefined) {
    const where = data === undefined ? "in this clone" : `with DEV_DATA=${data}`;
    throw new DevError(
      "not_running",
      `No \`deno task dev\` runs ${where}: start it in another terminal and wait for "Ready".`,
    );
  }
  if (others.length > 0) {
    const folders = all.map((dev) => dev.data).join(" or ");
    throw new DevError(
      "many_running",
      `Several \`deno task dev\` run: set DEV_DATA to ${folders}.`,
    );
  }
  return found;
}

async function readRunning(root: string): Promise<RunningDev[]> {
  const found: RunningDev[] = [];
  const entries = await Array.fromAsync(Deno.readDir(folderOf(root))).catch(() => []);
  for (const { name } of entries) {
    const path = join(folderOf(root), name);
    const running = readEntry(await Deno.readTextFile(path).catch(() => ""));
    // One that was killed couldn't withdraw.
    if (running !== null && await isLocked(running.data)) found.push(running);
    else await Deno.remove(path).catch(() => {});
  }
  return found;
}

function readEntry(text: string): RunningDev | null {
  try {
    const { data, databaseUrl, ownUsers }: Record<string, unknown> = JSON.parse(text);
    if (typeof data !== "string" || typeof databaseUrl !== "string") return null;
    return { data, databaseUrl, ownUsers: ownUsers === true };
  } catch {
    return null;
  }
}
