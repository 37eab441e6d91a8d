import { pathToFileURL } from "node:url";
import { ROOT } from "../support/process.ts";

const sourceOf = (path: string) => pathToFileURL(`${ROOT}/${path}`).href;

/**
 * A `deno.json` that finds the library in this repository: the package isn't on npm while its tests
 * run.
 */
export async function repositoryImports(): Promise<string> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const names = ["jose", "quick-lru", "postgres", "libpg-query"];
  const packages = Object.fromEntries(names.map((name) => [name, imports[name]]));
  const library = {
    "electric-gatekeeper": sourceOf("gatekeeper/index.ts"),
    "electric-gatekeeper/edge": sourceOf("edge/index.ts"),
    "electric-gatekeeper/testing": sourceOf("gatekeeper/testing.ts"),
  };
  return JSON.stringify({ imports: { ...library, ...packages } });
}
