import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Folders whose TypeScript the commands run. */
const FOLDERS = ["cli", "client", "dev", "edge", "gatekeeper", "shared"];

/** As much of `deno.json` as the commands need. */
interface DenoJson {
  readonly version: string;
  readonly imports: Readonly<Record<string, string>>;
  readonly allowScripts: readonly string[];
  readonly unstable: readonly string[];
}

function isDenoJson(value: unknown): value is DenoJson {
  return typeof value === "object" && value !== null && "allowScripts" in value;
}

/**
 * Copies the sources of the commands into `target`, for `npx electric-gatekeeper` to run them with Deno:
 * with a `deno.json` of their own, and `build.txt`, which differs when they do.
 */
export async function copySources(root: string, target: string, denoJson: unknown): Promise<void> {
  if (!isDenoJson(denoJson)) throw new TypeError("deno.json has no allowScripts");
  await mkdir(target, { recursive: true });
  for (const folder of FOLDERS) {
    await cp(join(root, folder), join(target, folder), {
      recursive: true,
      filter: (path) => !path.endsWith("_test.ts") && !path.endsWith("Dockerfile"),
    });
  }
  const { version, imports, allowScripts, unstable } = denoJson;
  const packages = Object.fromEntries(
    Object.entries(imports).filter(([, to]) => to.startsWith("npm:")),
  );
  const config = { nodeModulesDir: "auto", lock: false, unstable, allowScripts, imports: packages };
  await writeFile(join(target, "deno.json"), JSON.stringify(config, null, 2) + "\n");
  await writeFile(join(target, "build.txt"), `${version}-${await digest(target)}\n`);
}

async function digest(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name)).sort();
  for (const path of paths) hash.update(relative(folder, path)).update(await readFile(path));
  return hash.digest("hex").slice(0, 12);
}
