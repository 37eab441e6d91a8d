import { freePort } from "../support/free_port.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { AUTH_SECRET, type Env, type RunningServer } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";

/** `CADDY`, or what `deno task caddy:build` has built. */
const BINARY = Deno.env.get("CADDY") || `${ROOT}/.dev/caddy`;

/** Why Caddy can't be run here, or `null`. */
export const noCaddy: string | null = await findCaddy();

async function findCaddy(): Promise<string | null> {
  const command = new Deno.Command(BINARY, { args: ["list-modules"], stderr: "null" });
  const output = await command.output().catch(() => null);
  if (output === null) return "no Caddy; `deno task caddy:build` builds it where Go is";
  const modules = new TextDecoder().decode(output.stdout);
  const fit = modules.includes("http.authentication.providers.jwt");
  return fit ? null : `${BINARY} lacks the JWT module`;
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
        CADDY: BINARY,
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
