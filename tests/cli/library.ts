import { pathToFileURL } from "node:url";
import { ROOT } from "../support/process.ts";

const sourceOf = (path: string) => pathToFileURL(`${ROOT}/${path}`).href;

/**
 * A `deno.json` that finds the library in this repository: the package isn't on npm while its tests
 * run.
 */
export async function repositoryImports(): Promise<string> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const names = ["jose", "quick-lru", "postgres", "libpg-query", "pgsql-deparser"];
  const packages = Object.fromEntries(names.map((name) => [name, imports[name]]));
  const library = {
    "electric-gatekeeper": sourceOf("gatekeeper/index.ts"),
    "electric-gatekeeper/edge": sourceOf("edge/index.ts"),
    "electric-gatekeeper/testing": sourceOf("gatekeeper/testing.ts"),
  };
  return JSON.stringify({ imports: { ...library, ...packages } });
}

/** The parts of the library that run, and its commands. */
const PARTS = ["shared", "edge", "gatekeeper", "cli"];

const EXPORTS = {
  ".": "./gatekeeper/index.ts",
  "./edge": "./edge/index.ts",
  "./node": "./edge/runtimes/node_http.ts",
  "./testing": "./gatekeeper/testing.ts",
};

/**
 * Puts the library beside a project, where the project finds it as if it were installed. It is linked
 * from outside of `node_modules`, for in there Node runs no TypeScript. Gives the library's folder.
 */
export async function installLibrary(folder: string, project: string): Promise<string> {
  const library = `${folder}/library`;
  await Deno.mkdir(library);
  const parts = PARTS.map((part) => `${ROOT}/${part}`);
  const { success } = await new Deno.Command("cp", { args: ["-r", ...parts, library] }).output();
  if (!success) throw new Error("the library can't be copied");
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const manifest = { name: "electric-gatekeeper", version, type: "module", exports: EXPORTS };
  await Deno.writeTextFile(`${library}/package.json`, JSON.stringify(manifest));
  await Deno.mkdir(`${library}/node_modules`);
  for (const name of ["jose", "quick-lru", "postgres"]) await linkPackage(library, name);
  await Deno.mkdir(`${project}/node_modules`, { recursive: true });
  await Deno.symlink(library, `${project}/node_modules/electric-gatekeeper`);
  return library;
}

/** Gives a folder a package that the tests have. */
export function linkPackage(folder: string, name: string): Promise<void> {
  return Deno.symlink(`${ROOT}/tests/node_modules/${name}`, `${folder}/node_modules/${name}`);
}
