import { BINARY } from "../../caddy/build.ts";
import { freePort } from "../support/free_port.ts";
import { startProcess } from "../support/process.ts";
import { AUTH_SECRET, type Env, type RunningServer } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { STAND_IN_BINARY } from "./build.ts";

/** The Caddy that the tests run. */
interface Found {
  readonly binary: string;
  readonly name: string;
  readonly missing: string | null;
}

const found = await findCaddy();

/** What to call it in the names of tests: tells whose JWT module it has. */
export const caddyName: string = found.name;

/** Why it can't be run here, or `null`. */
export const noCaddy: string | null = found.missing;

/** `CADDY`, or what has been built; the real module comes before its stand-in. */
async function findCaddy(): Promise<Found> {
  let missing = "there is no Caddy; `deno task caddy:build` builds one where Go is";
  const given = Deno.env.get("CADDY");
  for (const binary of given ? [given] : [BINARY, STAND_IN_BINARY]) {
    const modules = await modulesOf(binary);
    if (modules === null) continue;
    const [, from] = /^http\.authentication\.providers\.jwt(.*)$/m.exec(modules) ?? [];
    const isReal = from?.includes("github.com/ggicci/caddy-jwt");
    const name = isReal ? "Caddy" : "Caddy with the stand-in for its JWT module";
    if (from !== undefined) return { binary, name, missing: null };
    missing = `${binary} lacks the JWT module`;
  }
  return { binary: BINARY, name: "Caddy", missing };
}

async function modulesOf(binary: string): Promise<string | null> {
  try {
    const command = new Deno.Command(binary, { args: ["list-modules", "--packages"] });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch {
    return null;
  }
}

/** Starts Caddy as its image does, by `caddy/start.sh`. */
export async function startCaddy(env: Env): Promise<RunningServer> {
  const folder = await tempDir();
  try {
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const process = await startProcess({
      name: "caddy",
      command: "sh",
      args: ["caddy/start.sh"],
      env: {
        AUTH_SECRET,
        ...env,
        CADDY: found.binary,
        PORT: `${port}`,
        XDG_CONFIG_HOME: folder.path,
        XDG_DATA_HOME: folder.path,
      },
    }, `${url}/health`);
    const dispose = async () => {
      await process.stop();
      await folder[Symbol.asyncDispose]();
    };
    return { port, url, process, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}
