import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { offerHelp } from "../../cli/help.ts";
import { manifest } from "./manifest.ts";
import { copySources } from "./sources.ts";

offerHelp(`Builds the npm package electric-gatekeeper into dist/npm, from source.

  deno task package

Try it elsewhere with: npm install <this folder>/dist/npm`);

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TARGET = join(ROOT, "dist", "npm");
const TEXTS = ["README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md"];

/** Runs TypeScript's own compiler; what it says goes to the terminal. */
async function compile(project: string): Promise<void> {
  const tsc = fileURLToPath(import.meta.resolve("typescript")).replace(/lib\/[^/]+$/, "lib/tsc.js");
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--config",
      "tests/deno.json",
      tsc,
      "-p",
      join(ROOT, "dev", "package", project),
    ],
    cwd: ROOT,
    stdout: "inherit",
    stderr: "inherit",
  });
  const { success } = await command.spawn().status;
  if (!success) Deno.exit(1);
}

/** TypeScript leaves `.ts` in the imports of declarations, though there it is `.js` that people have. */
async function rewriteDeclarations(): Promise<void> {
  for (const entry of await readdir(TARGET, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".d.ts")) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/(from "\.[^"]*)\.ts"/g, '$1.js"'));
  }
}

const denoJson: unknown = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
await rm(TARGET, { recursive: true, force: true });
await mkdir(TARGET, { recursive: true });
for (const project of ["tsconfig.json", "tsconfig.cli.json"]) await compile(project);
await rewriteDeclarations();
await copySources(ROOT, join(TARGET, "src"), denoJson);
await writeFile(join(TARGET, "package.json"), JSON.stringify(manifest(denoJson), null, 2) + "\n");
// The links of these texts lead there.
await cp(join(ROOT, "docs"), join(TARGET, "docs"), { recursive: true });
for (const name of TEXTS) await copyFile(join(ROOT, name), join(TARGET, name));
console.log("dist/npm holds the package.");
