import { ROOT } from "./process.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

/** The Deno that Supabase's edge runtime is built on. */
const VERSION = "2.1.4";

/** npm packages that hold nothing but Deno's binary, by `Deno.build.target`. */
const PACKAGES: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "@deno/linux-x64-glibc",
  "aarch64-unknown-linux-gnu": "@deno/linux-arm64-glibc",
  "x86_64-apple-darwin": "@deno/darwin-x64",
  "aarch64-apple-darwin": "@deno/darwin-arm64",
  "x86_64-pc-windows-msvc": "@deno/win32-x64",
};

/** Why there is no Deno 2.1.4 on this machine, or `null` if there is: for `ignore` and its reason. */
export const noDeno214: string | null = PACKAGES[Deno.build.target] === undefined
  ? `npm has no Deno ${VERSION} for ${Deno.build.target}`
  : null;

/** Path of Deno 2.1.4's binary, from Deno's own npm cache; downloaded once (about 45 MB). */
export async function deno214Path(): Promise<string> {
  const name = PACKAGES[Deno.build.target];
  if (name === undefined) throw new Error(noDeno214 ?? "");
  const { npmCache } = JSON.parse(await runDeno("info", "--json"));
  return await findBinary(npmCache, name) ?? await download(npmCache, name);
}

/** A copy of what the edge is made of alone: 2.1.4 can't read the repository's lock file. */
export async function copyEdge(): Promise<TempDir> {
  const folder = await tempDir();
  for (const part of ["edge", "shared", "supabase/functions/edge"]) {
    await copySources(part, folder.path);
  }
  return folder;
}

async function copySources(part: string, to: string): Promise<void> {
  await Deno.mkdir(`${to}/${part}`, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}/${part}`)) {
    const path = `${part}/${name}`;
    if (isDirectory) await copySources(path, to);
    else if (!name.endsWith("_test.ts")) await Deno.copyFile(`${ROOT}/${path}`, `${to}/${path}`);
  }
}

async function download(npmCache: string, name: string): Promise<string> {
  await runDeno("cache", "--no-config", "--no-lock", `npm:${name}@${VERSION}`);
  const binary = await findBinary(npmCache, name);
  if (binary === undefined) throw new Error(`no binary of ${name}@${VERSION} below ${npmCache}`);
  return binary;
}

/** The cache has a folder for each registry's host. */
async function findBinary(npmCache: string, name: string): Promise<string | undefined> {
  const file = Deno.build.os === "windows" ? "deno.exe" : "deno";
  const hosts = await Array.fromAsync(Deno.readDir(npmCache)).catch(() => []);
  for (const host of hosts) {
    const path = `${npmCache}/${host.name}/${name}/${VERSION}/${file}`;
    const found = await Deno.stat(path).then((info) => info.isFile, () => false);
    if (found) return path;
  }
}

async function runDeno(...args: string[]): Promise<string> {
  await using folder = await tempDir();
  const command = new Deno.Command(Deno.execPath(), { args, cwd: folder.path });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`deno ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
