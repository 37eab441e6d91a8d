import { delimiter, isAbsolute, join } from "node:path";

/** The path of the first of these commands that `PATH` has, or that is an absolute path itself. */
export function findCommand(...names: readonly string[]): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter).filter((folder) => folder !== "");
  const endings = Deno.build.os === "windows" ? ["", ".exe"] : [""];
  for (const name of names) {
    for (const folder of isAbsolute(name) ? [""] : folders) {
      const found = endings.map((ending) => join(folder, name) + ending).find(isProgram);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode === null || (mode & 0o111) !== 0);
  } catch {
    return false;
  }
}
