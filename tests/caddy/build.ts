import { fileURLToPath } from "node:url";
import { buildCaddy, goBuild, tell, VERSIONS } from "../../caddy/build.ts";

const STAND_IN = fileURLToPath(new URL("stand_in", import.meta.url));

/** The Caddy with the stand-in for the JWT module. */
export const STAND_IN_BINARY = fileURLToPath(
  new URL("../../.dev/caddy-stand-in", import.meta.url),
);

/** Whether Go can have the JWT module: some module proxies refuse it. */
async function isServed(): Promise<boolean> {
  const module = "github.com/ggicci/caddy-jwt";
  const args = ["list", "-m", `${module}@${VERSIONS[module]}`];
  const { success } = await new Deno.Command("go", { args, cwd: STAND_IN }).output();
  if (!success) console.log(`Go can't have ${module}: building Caddy with the tests' stand-in`);
  return success;
}

// Run by .ci/run, before the tests, where Go is.
if (import.meta.main) {
  await tell(await isServed() ? buildCaddy() : goBuild(STAND_IN, STAND_IN_BINARY));
}
