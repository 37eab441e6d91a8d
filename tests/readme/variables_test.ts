import { deepEqual } from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { ROOT } from "../support/process.ts";
import { readPage } from "./readme.ts";

/** The code that reads variables; the Caddyfile's have a table in `caddy/README.md`. */
const FOLDERS = ["edge", "shared", "gatekeeper", "dev", "client", "cli"];
const LOOKUP =
  /\b(?:optional|required|readNumber|readSwitch|env|port|url|get)\((?:env, )?"([A-Z_]+)"/g;

async function code(): Promise<string> {
  const texts: string[] = [];
  for (const folder of FOLDERS) {
    for (
      const entry of await readdir(`${ROOT}/${folder}`, { withFileTypes: true, recursive: true })
    ) {
      // The sync service is a stand-in for Electric, whose variables these are.
      if (entry.parentPath.endsWith("dev/sync")) continue;
      if (!entry.name.endsWith(".ts") || entry.name.endsWith("_test.ts")) continue;
      texts.push(await Deno.readTextFile(`${entry.parentPath}/${entry.name}`));
    }
  }
  return texts.join("\n");
}

async function named(): Promise<string[]> {
  const { text } = await readPage("docs/configuration.md");
  return [...text.matchAll(/`([A-Z]{2,}[A-Z_]*)`/g)].flatMap(([, name]) => name ?? []);
}

Deno.test("every variable that the code looks up is in docs/configuration.md", async () => {
  // The system's own, and npm's.
  const known = new Set([...await named(), "DENO_DIR", "HOME", "ELECTRIC_GATEKEEPER_COMMAND"]);
  const found = [...(await code()).matchAll(LOOKUP)].flatMap(([, name]) => name ?? []);
  deepEqual(found.filter((name) => !known.has(name)), []);
});

Deno.test("every variable in docs/configuration.md is one that the code knows", async () => {
  const text = await code();
  deepEqual((await named()).filter((name) => !text.includes(`"${name}"`)), []);
});
