import { DevError } from "./error.ts";

/** A user and group of the system to run a process as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Gives the account that Postgres has to run as: `undefined` for an ordinary user (as oneself); for root,
 * whom Postgres refuses, the owner of the existing data folder or else the user `postgres`, made when missing.
 *
 * @throws {DevError} `no_postgres_account` when there is no such user and none can be made.
 */
export async function postgresAccount(dataDir: string): Promise<Account | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const owner = await Deno.stat(dataDir).catch(() => undefined);
  if (owner?.uid && owner.gid !== null) return { uid: owner.uid, gid: owner.gid };
  const known = await lookUp("postgres");
  if (known) return known;
  await new Deno.Command("useradd", {
    args: ["--system", "--user-group", "--no-create-home", "postgres"],
    // Cut off by a terminal's Ctrl-C, it could leave the system's users locked.
    detached: true,
    stdout: "null",
    stderr: "null",
  }).output().catch(() => undefined);
  const made = await lookUp("postgres");
  if (made) return made;
  throw new DevError(
    "no_postgres_account",
    "Postgres refuses to run as root and there is no user `postgres`: add one, run as another user, or set DATABASE_URL.",
  );
}

/** Whether the account may enter every folder on the way to `path`, and enter or run it. */
export async function canReach(account: Account | undefined, path: string): Promise<boolean> {
  if (!account) return true;
  const { success, signal } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'test -x "$1"', "reach", path],
    cwd: "/",
    ...account,
  }).output();
  // A terminal's Ctrl-C ends it too, which isn't a no.
  return signal === null ? success : await canReach(account, path);
}

async function lookUp(name: string): Promise<Account | undefined> {
  const passwd = await Deno.readTextFile("/etc/passwd").catch(() => "");
  const fields = passwd.split("\n").find((line) => line.startsWith(`${name}:`))?.split(":");
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}
