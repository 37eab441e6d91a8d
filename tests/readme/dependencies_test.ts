import { deepEqual } from "node:assert/strict";
import { ROOT } from "../support/process.ts";

interface Config {
  readonly imports: Readonly<Record<string, string>>;
}

const read = async (name: string) => await Deno.readTextFile(`${ROOT}/${name}`);
const config = async (name: string): Promise<Config> => JSON.parse(await read(name));

Deno.test("tests run with the product's own versions of its packages", async () => {
  const [own, tests] = [
    await config("deno.json"),
    await config("tests/deno.json"),
  ];
  const packages = Object.entries(own.imports).filter(([, to]) => to.startsWith("npm:"));
  deepEqual(packages.map(([name]) => [name, tests.imports[name]]), packages);
});

Deno.test("deno task dev downloads none of the packages that only tests and benchmarks need", async () => {
  const [own, tests] = [
    await config("deno.json"),
    await config("tests/deno.json"),
  ];
  const onlyTests = Object.entries(tests.imports).filter(([name]) =>
    own.imports[name] === undefined
  )
    .map(([, specifier]) => specifier).filter((specifier) => specifier.startsWith("npm:"));
  // All that a lock file holds is installed before a task begins.
  const lock = await read("deno.lock");
  deepEqual(
    onlyTests.filter((specifier) => lock.includes(`"${specifier}"`)),
    [],
  );
});
