import { deepEqual, equal } from "node:assert/strict";
import { NODE_EDGE, NODE_GATEKEEPER } from "../../cli/init/templates/servers.ts";
import { ROOT } from "../support/process.ts";
import { EXAMPLES } from "./walks.ts";

const FOLDER = `${ROOT}/examples`;
const NAMES = Object.keys(EXAMPLES);

/** Examples have what new projects get; ours isn't compiled with it yet. */
const OTHER_VERSIONS = ["typescript"];

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const read = (path: string) => Deno.readTextFile(`${FOLDER}/${path}`);

Deno.test("every example is run by a test", async () => {
  const folders = (await Array.fromAsync(Deno.readDir(FOLDER)))
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name);
  deepEqual(folders.toSorted(), NAMES.toSorted());
});

Deno.test("an example's servers are what init writes", async () => {
  for (const name of NAMES) equal(await read(`${name}/electric/edge.ts`), NODE_EDGE, name);
  // Those of the others serve an API as well.
  for (const name of ["vanilla", "supabase-auth"]) {
    equal(await read(`${name}/electric/gatekeeper.ts`), NODE_GATEKEEPER, name);
  }
});

Deno.test("an example's packages are of the versions that we test with", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/tests/deno.json`));
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  for (const name of NAMES) {
    const manifest: Manifest = JSON.parse(await read(`${name}/package.json`));
    const { "electric-gatekeeper": ours, ...others } = {
      ...manifest.dependencies,
      ...manifest.devDependencies,
    };
    equal(ours, `^${version}`, name);
    for (const [dependency, pinned] of Object.entries(others)) {
      const known = imports[dependency];
      if (known === undefined || OTHER_VERSIONS.includes(dependency)) continue;
      equal(`npm:${dependency}@${pinned}`, known, name);
    }
  }
});
