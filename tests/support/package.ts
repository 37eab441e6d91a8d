import { stat } from "node:fs/promises";
import { ROOT } from "./process.ts";

/** The built package's folder. */
export const PACKAGE = `${ROOT}/dist/npm`;

const SOURCES = ["cli", "client", "dev", "edge", "gatekeeper", "shared", "deno.json"];

let building: Promise<string> | undefined;

/** Builds the package with `deno task package`, unless it is there and as new as its sources; gives its folder. */
export function builtPackage(): Promise<string> {
  building ??= build();
  return building;
}

async function build(): Promise<string> {
  const built = await stat(`${PACKAGE}/package.json`).then(({ mtimeMs }) => mtimeMs, () => 0);
  const newest = Math.max(...await Promise.all(SOURCES.map((path) => newestOf(`${ROOT}/${path}`))));
  if (built > newest) return PACKAGE;
  const command = new Deno.Command(Deno.execPath(), { args: ["task", "package"], cwd: ROOT });
  const { success, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`deno task package failed:\n${text(stdout)}${text(stderr)}`);
  return PACKAGE;
}

async function newestOf(path: string): Promise<number> {
  const { mtimeMs, isDirectory } = await stat(path).then((found) => ({
    mtimeMs: found.mtimeMs,
    isDirectory: found.isDirectory(),
  }));
  if (!isDirectory) return mtimeMs;
  const times = [mtimeMs];
  for await (const { name } of Deno.readDir(path)) times.push(await newestOf(`${path}/${name}`));
  return Math.max(...times);
}
