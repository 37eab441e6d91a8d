import { readFile } from "node:fs/promises";

/** Where the version stands: in the package, and in the repository. */
const MANIFESTS = ["../package.json", "../deno.json"];

/** The version of this package. */
export async function readVersion(): Promise<string> {
  for (const manifest of MANIFESTS) {
    const text = await readFile(new URL(manifest, import.meta.url), "utf8").catch(() => "{}");
    const { version } = JSON.parse(text);
    if (typeof version === "string") return version;
  }
  throw new Error("the package has lost its package.json: install it again");
}
