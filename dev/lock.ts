import { join } from "node:path";
import { DevError } from "./error.ts";

/**
 * Takes the lock of a data folder, which the system lets go when this process ends, however it ends.
 *
 * @throws {DevError} `already_running` when another `dev` holds it, `data_unusable` when the folder can't be written.
 */
export async function lockFolder(folder: string): Promise<Deno.FsFile> {
  const path = join(folder, "lock");
  const file = await openLock(folder, path);
  if (!await file.tryLock(true)) {
    const pid = (await Deno.readTextFile(path)).trim();
    file.close();
    throw new DevError(
      "already_running",
      `deno task dev already runs in this clone${
        pid && ` (process ${pid})`
      }: stop it first, or set DEV_DATA and DEV_*_PORT for a second one.`,
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return file;
}

/** Whether a `dev` that runs holds the lock of this data folder. */
export async function isLocked(folder: string): Promise<boolean> {
  const file = await Deno.open(join(folder, "lock"), { read: true }).catch(() => null);
  if (file === null) return false;
  const free = await file.tryLock(false);
  file.close();
  return !free;
}

async function openLock(folder: string, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    // It holds secrets: nobody should commit it.
    await Deno.writeTextFile(join(folder, ".gitignore"), "*\n");
    return await Deno.open(path, { create: true, read: true, write: true });
  } catch (error) {
    const reason = error instanceof Error
      ? error.message.split(/[:(]/)[0]?.trim()
      : "unknown error";
    throw new DevError(
      "data_unusable",
      `The data folder ${folder} can't be written (${reason}): make it yours, or set DEV_DATA to a folder that is.`,
    );
  }
}
