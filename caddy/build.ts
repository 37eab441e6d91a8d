import { fileURLToPath } from "node:url";
import { offerHelp } from "../cli/help.ts";

/** The Go modules that Caddy is built of, and their versions; `Dockerfile` has the same. */
export const VERSIONS = {
  "github.com/caddyserver/caddy/v2": "v2.11.9",
  "github.com/ggicci/caddy-jwt": "v1.1.1",
} as const;
const MAIN = `package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/ggicci/caddy-jwt"
)

func main() { caddycmd.Main() }
`;

/** Where `deno task caddy:build` puts it and the tests look for it; git ignores the folder. */
export const BINARY = fileURLToPath(new URL("../.dev/caddy", import.meta.url));

/** Go isn't there, or couldn't do it. */
class BuildError extends Error {
  override readonly name = "BuildError";
  readonly code = "build_failed";
}

/** Builds Caddy with the JWT module, and puts it at {@link BINARY}; throws a {@link BuildError}. */
export async function buildCaddy(): Promise<void> {
  // Go's checksum database vouches for what the versions hold, so no go.sum is kept here.
  const folder = await Deno.makeTempDir({ prefix: "gatekeeper-caddy-" });
  try {
    await Deno.writeTextFile(`${folder}/main.go`, MAIN);
    await go(folder, "mod", "init", "caddy");
    const versions = Object.entries(VERSIONS).map(([path, version]) => `${path}@${version}`);
    await go(folder, "get", ...versions);
    await goBuild(folder, BINARY);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Builds the Go program in a folder, and puts it at `binary`; throws a {@link BuildError}. */
export async function goBuild(folder: string, binary: string): Promise<void> {
  await go(folder, "build", "-ldflags=-s -w", "-o", binary, ".");
  console.log(`built ${binary}`);
}

/** Runs a build, and tells in one line why it failed. */
export async function tell(build: Promise<void>): Promise<void> {
  try {
    await build;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(`caddy: ${error.message}`);
    Deno.exitCode = 1;
  }
}

async function go(cwd: string, ...args: string[]): Promise<void> {
  const env = { CGO_ENABLED: "0", GOFLAGS: "-trimpath" };
  const options = { args, cwd, env, stdout: "inherit", stderr: "inherit" } as const;
  const success = await run(options);
  if (!success) throw new BuildError(`go ${args[0]} failed; its message is above.`);
}

async function run(options: Deno.CommandOptions): Promise<boolean> {
  try {
    return (await new Deno.Command("go", options).output()).success;
  } catch {
    throw new BuildError("Go isn't installed: https://go.dev/doc/install");
  }
}

if (import.meta.main) {
  offerHelp(`Builds Caddy with the module that reads tokens, into .dev/caddy. Needs Go.

  deno task caddy:build`);
  await tell(buildCaddy());
}
