import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../support/process.ts";
import { codeBlocks, type Page } from "./readme.ts";

const urlOf = (path: string) => pathToFileURL(join(ROOT, path)).href;

/** What the docs' code imports, besides the packages of `tests/deno.json`: our sources, as the package has them. */
const IMPORTS = {
  "electric-gatekeeper": urlOf("gatekeeper/index.ts"),
  "electric-gatekeeper/edge": urlOf("edge/index.ts"),
  "electric-gatekeeper/client": urlOf("client/index.ts"),
  "electric-gatekeeper/node": urlOf("edge/runtimes/node_http.ts"),
  "electric-gatekeeper/testing": urlOf("gatekeeper/testing.ts"),
  "cloudflare:workers": urlOf("tests/readme/stand_ins/cloudflare_workers.ts"),
  "@tanstack/react-router": urlOf("tests/readme/stand_ins/react_router.ts"),
  "@/policies": "./policies.ts",
};

interface Config {
  readonly imports: Readonly<Record<string, string>>;
}

/**
 * Writes a page's `ts` and `tsx` blocks into a folder, as the files that they name, or under a name of
 * their own; gives the names. `deno.json` there lets them import what people's would.
 */
export async function writeProject({ path, text }: Page, folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const [i, block] of codeBlocks(text).entries()) {
    if (!/^tsx?$/.test(block.language) || block.notChecked !== undefined) continue;
    const name = block.file ?? `block_${i + 1}.${block.language}`;
    if (names.includes(name)) throw new Error(`${path} has two blocks for ${name}`);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    // On one line, so that lines of errors are the block's.
    await writeFile(join(folder, name), `${block.given}${block.text}\n`);
    names.push(name);
  }
  await writePolicies(names, folder);
  await writeConfig(folder);
  return names;
}

/** A page shows its policies once; a reader puts them beside the server. */
async function writePolicies(names: readonly string[], folder: string): Promise<void> {
  if (!names.includes("policies.ts")) return;
  for (const name of names.filter((name) => name.endsWith("/index.ts"))) {
    await copyFile(join(folder, "policies.ts"), join(folder, dirname(name), "policies.ts"));
  }
}

async function writeConfig(folder: string): Promise<void> {
  const config: Config = JSON.parse(await readFile(join(ROOT, "tests", "deno.json"), "utf8"));
  const written = {
    imports: { ...config.imports, ...IMPORTS },
    // People's settings, not ours, which are stricter.
    compilerOptions: { strict: true, jsx: "react-jsx", jsxImportSource: "react" },
    nodeModulesDir: "none",
    unstable: ["no-legacy-abort"],
  };
  await writeFile(join(folder, "deno.json"), JSON.stringify(written));
  // So that packages are of the versions that all tests have.
  await writeFile(join(folder, "deno.lock"), await readFile(join(ROOT, "tests", "deno.lock")));
}
