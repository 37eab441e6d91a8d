import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type App, startApp } from "../dev/app.ts";
import { readDevConfig } from "../dev/config.ts";
import { Dev } from "../dev/dev.ts";
import { DevError } from "../dev/error.ts";
import { inOurWords, offerHelp } from "./help.ts";
import { splitArgs } from "./own_args.ts";
import { onStopRequest } from "../dev/stop_requests.ts";

offerHelp(
  `Runs everything on this machine: Postgres, a local sync service, the gatekeeper and the edge, with
a playground at the gatekeeper's address, http://localhost:4000/ in a browser. A change of the code restarts
what it touches; Ctrl-C stops everything.

  deno task dev [--migrate] [-- <command>]

  --migrate            applies supabase/migrations and seed.sql to DATABASE_URL, too, which is
                       otherwise left as it is
  -- <command>         starts a command as well, such as the dev server of your pages (-- vite); one
                       ends with the other

  DATABASE_URL         a Postgres to use instead of the embedded one
  ELECTRIC_URL         an Electric to use instead of the local sync service
  AUTH_SECRET          signs tokens; made and kept by default
  DEV_DATA             folder of the data, .dev by default
  DEV_HOST             address to listen on, 127.0.0.1 by default
  DEV_POSTGRES_PORT    54321 by default
  DEV_SYNC_PORT        3000 by default
  DEV_GATEKEEPER_PORT  4000 by default
  DEV_EDGE_PORT        8000 by default`,
);

/** How long stopping may take before what is left is killed, in milliseconds. */
const STOP_WITHIN = 4600;

const print = (part: string, line: string) => console.log(`${part.padEnd(10)} | ${line}`);

function isBadArgument(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && /^ERR_PARSE_ARGS/.test(`${error.code}`);
}

function fail(error: unknown): void {
  // A failure that isn't ours to explain shows where it came from.
  const isOurs = error instanceof DevError || isBadArgument(error);
  print("dev", isOurs ? inOurWords(error.message) : Deno.inspect(error));
}

function configure() {
  try {
    const { own, other } = splitArgs(Deno.args);
    const { values } = parseArgs({ args: [...own], options: { migrate: { type: "boolean" } } });
    const migrates = values.migrate ?? false;
    return { config: readDevConfig((name) => Deno.env.get(name), { migrates }), command: other };
  } catch (error) {
    fail(error);
    Deno.exit(1);
  }
}

const { config, command: [name, ...args] } = configure();
const dev = new Dev(config, print);
let app: App | undefined;
let stopping = false;

async function kill(code: number): Promise<never> {
  app?.kill();
  await dev.kill();
  Deno.exit(code);
}

async function stop(code: number): Promise<never> {
  stopping = true;
  setTimeout(() => kill(code), STOP_WITHIN);
  await Promise.all([app?.stop(), dev.stop()]);
  Deno.exit(code);
}

onStopRequest((reason, again) => {
  if (again) return void kill(130);
  if (stopping) return;
  print("dev", `stopping (${reason})`);
  stop(0);
});

try {
  await dev.start((line) => {
    print("dev", line);
    if (!stopping) stop(1);
  });
  if (name !== undefined && !stopping) {
    app = startApp({
      command: [name, ...args],
      cwd: config.root,
      print: (line) => print("app", line),
      onEnd(code) {
        print("dev", `${name} ended by itself (exit ${code}).`);
        if (!stopping) stop(code === 0 ? 0 : 1);
      },
    });
  }
} catch (error) {
  // Ctrl-C can reach a child before it is in a group of its own, and its end us before the signal does.
  await sleep(50);
  if (!stopping) {
    fail(error);
    await stop(1);
  }
}
