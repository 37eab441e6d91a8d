import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { readAddress } from "../edge/env.ts";
import type { Server } from "../edge/index.ts";
import { ConfigError } from "../shared/config_error.ts";
import { offerHelp } from "./help.ts";
import { listen } from "./listen.ts";

const USAGE = `Runs a server, such as supabase/functions/edge/index.ts, by itself.

  deno run -A cli/serve.ts <file>

  HOST   address to listen on, 0.0.0.0 by default
  PORT   4000 by default for the gatekeeper, 8000 for the edge

The file's default export is what createEdge() or createGatekeeper(…) gives. SIGTERM and SIGINT end it.`;

/** Ports by a server's name. */
const PORTS: Readonly<Record<string, number>> = { gatekeeper: 4000, edge: 8000 };

function isServer(value: unknown): value is Server {
  return typeof value === "object" && value !== null && "fetch" in value && "check" in value;
}

async function load(path: string): Promise<Server> {
  const found = await Deno.stat(path).catch(() => null);
  if (found === null) {
    console.error(`There is no file ${path}.`);
    Deno.exit(1);
  }
  const { default: server } = await import(pathToFileURL(resolve(path)).href);
  if (isServer(server)) return server;
  console.error(
    `${path} must have what createEdge() or createGatekeeper(…) gives as its default export.`,
  );
  Deno.exit(1);
}

/** Aborts on a signal, after the server has heard of it. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(name, () => stopping.abort());
  }
  return stopping.signal;
}

offerHelp(USAGE);
const [path] = Deno.args;
if (path === undefined) {
  console.error(USAGE);
  Deno.exit(1);
}
const server = await load(path);
const log = (line: string) => console.error(`${server.name}: ${line}`);
// It has told why by itself.
await server.ready.catch(() => Deno.exit(1));
try {
  const address = readAddress((name) => Deno.env.get(name), PORTS[server.name] ?? 8000);
  await server.check();
  await listen(server.fetch, { ...address, log, stopping: stopSignal() });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  log(error.message);
  Deno.exit(1);
}
await server.stop();
Deno.exit(0);
