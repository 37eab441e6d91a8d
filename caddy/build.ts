import { fileURLToPath } from "node:url";

const VERSIONS = {
  "github.com/caddyserver/caddy/v2": "v2.11.9",
  "github.com/ggicci/caddy-jwt": "v1.1.1",
};
const MAIN = `package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/ggicci/caddy-jwt"
)

func main() { caddycmd.Main() }
`;

/** Where `deno task caddy:build` puts it and the tests look for it; git ignores the folder. */
const BINARY = fileURLToPath(new URL("../.dev/caddy", import.meta.url));

/** Go isn't there, or couldn't do it. */
class BuildError extends Error {
  override readonly name = "BuildError";
  readonly code = "build_failed";
}

async function go(cwd: string, ...args: string[]): Promise<void> {
  const env = { CGO_ENABLED: "0", GOFLAGS: "-trimpath" };
  const command = new Deno.Command("go", { args, cwd, env, stdout: "inherit", stderr: "inherit" });
  const { success } = await command.output().catch(() => {
    throw new BuildError("Go isn't installed: https://go.dev/doc/install");
  });
  if (!success) throw new BuildError(`go ${args[0]} failed; its message is above.`);
}

// Go's checksum database vouches for what the versions hold, so no go.sum is kept here.
const folder = await Deno.makeTempDir({ prefix: "gatekeeper-caddy-" });
try {
  await Deno.mkdir(fileURLToPath(new URL("../.dev", import.meta.url)), { recursive: true });
  await Deno.writeTextFile(`${folder}/main.go`, MAIN);
  await go(folder, "mod", "init", "caddy");
  await go(
    folder,
    "get",
    ...Object.entries(VERSIONS).map(([path, version]) => `${path}@${version}`),
  );
  await go(folder, "build", "-ldflags=-s -w", "-o", BINARY, ".");
  console.log(`built ${BINARY}`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`caddy: ${error.message}`);
  Deno.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
