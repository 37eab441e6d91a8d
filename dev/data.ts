import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { canReach, postgresAccount } from "./postgres_account.ts";
import { SYSTEM_FOLDER } from "./postgres_binaries.ts";

/**
 * Gives the folder for Postgres's data: `postgres` in the data folder. As root in a clone that the
 * user `postgres` can't enter, as below `/root`, that is a link to a folder of its own under {@link SYSTEM_FOLDER}.
 */
export async function postgresFolder(data: string): Promise<string> {
  const folder = join(data, "postgres");
  const kept = await Deno.realPath(folder).catch(() => undefined);
  if (kept) return kept;
  const account = await postgresAccount(folder);
  if (account && await canReach(account, dirname(data)) && !await canReach(account, data)) {
    // The data folder is ours to open; what is secret in it has a mode of its own.
    await Deno.chmod(data, 0o711);
  }
  if (await canReach(account, data)) return folder;
  const name = `data-${createHash("sha256").update(data).digest("hex").slice(0, 12)}`;
  const target = join(SYSTEM_FOLDER, name);
  await Deno.remove(folder).catch(() => {});
  await Deno.mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  await Deno.symlink(target, folder);
  return target;
}
