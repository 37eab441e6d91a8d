import { type NpmBinary, npmBinary, whyMissing } from "./npm_binary.ts";
import { ROOT } from "./process.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

/** The Deno that Supabase's edge runtime is built on. */
const DENO_214: NpmBinary = {
  name: "Deno",
  version: "2.1.4",
  packages: {
    "x86_64-unknown-linux-gnu": "@deno/linux-x64-glibc",
    "aarch64-unknown-linux-gnu": "@deno/linux-arm64-glibc",
    "x86_64-apple-darwin": "@deno/darwin-x64",
    "aarch64-apple-darwin": "@deno/darwin-arm64",
    "x86_64-pc-windows-msvc": "@deno/win32-x64",
  },
  file: Deno.build.os === "windows" ? "deno.exe" : "deno",
};

/** Why there is no Deno 2.1.4 on this machine, or `null` if there is: for `ignore` and its reason. */
export const noDeno214: string | null = whyMissing(DENO_214);

/** Path of Deno 2.1.4's binary; downloaded once (about 45 MB). */
export const deno214Path = (): Promise<string> => npmBinary(DENO_214);

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
