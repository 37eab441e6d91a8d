import { deepEqual, equal } from "node:assert/strict";
import { dirname, join } from "node:path";
import { findCommand } from "../support/find_command.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { readPages, shellCommands } from "./readme.ts";

const PAGES = await readPages();
// The `console` blocks are the walk's, which `walk_test.ts` runs.
const COMMANDS = [...new Set(PAGES.flatMap(({ text }) => shellCommands(text)))];

/** What can't run here, and why. */
const LEFT_OUT: readonly [command: RegExp, why: string][] = [
  [/^deno task (test|ok)$/, "it is what runs this test"],
  [/^deno task check$/, "it is what runs before the tests"],
  [/^deno task (fuzz|mutants|bench)$/, "goes on for long; tests of their own run a little of each"],
  [/^deno task package$/, "`recipes_test.ts` runs it"],
  [/^deno task dev$/, "all the others run beside it, and the walk's test checks what it does"],
  [/^docker /, "needs Docker"],
  [/^npx supabase /, "needs an account, or Docker"],
  [
    /^(deno task caddy:build$|ELECTRIC_URL=.* sh caddy\/start\.sh$)/,
    "needs Go; tests/caddy/ runs it",
  ],
  [/^npm publish /, "needs an account"],
  [
    /^(npm install|npm pkg set|deno add npm:)/,
    "needs the package on npm; `recipes_test.ts` puts ours there",
  ],
  [/^npx electric-gatekeeper /, "`tests/package/project_test.ts` runs it, from a registry of ours"],
  [/^rm -r supabase\//, "takes away what the other commands need"],
  [/ ?\bnode (gatekeeper|edge)\.ts$/, "`recipes_test.ts` runs these files, on Node"],
  [/^deno serve .* main\.ts$/, "`recipes_test.ts` runs this file, on Deno"],
  [/^curl .*<a table>/, "asks a CDN of yours"],
  [/^curl .*(<ref>|127\.0\.0\.1:54321|todos)/, "asks what the commands before it started"],
  [/^fly /, "needs an account"],
  [/^sudo /, "needs root, and systemd"],
  [/^export .*<\w+>/, "needs an account on Electric Cloud"],
];
/** What runs until it is stopped; each answers at `/health`. */
const SERVER = /^deno (serve|run) .*\.(ts|js)$/;
/** What ends by itself. */
const ONCE = [/^export /, /^cp supabase\/functions\//, /^deno task bundle$/];

const missing = ["bash", "git", "openssl"].filter((tool) => findCommand(tool) === undefined);
if (missing.length > 0) {
  console.log(`the docs' commands skipped: ${missing.join(", ")} not installed`);
}

Deno.test("no exception for a command outlives it", () => {
  const unused = LEFT_OUT.filter(([one]) => !COMMANDS.some((command) => one.test(command)));
  deepEqual(unused.map(([, why]) => why), []);
});

Deno.test("every command of the docs is run by a test, or can't be", () => {
  const known = [...LEFT_OUT.map(([command]) => command), SERVER, ...ONCE];
  deepEqual(COMMANDS.filter((command) => !known.some((one) => one.test(command))), []);
});

/** The files of a clean clone, with what has been changed since the last commit. */
async function cloneInto(folder: string): Promise<void> {
  const command = new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    cwd: ROOT,
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error("git doesn't list the files of this clone");
  for (const name of new TextDecoder().decode(stdout).split("\0").filter((name) => name !== "")) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    // One that is deleted but not committed is still listed.
    await Deno.copyFile(join(ROOT, name), join(folder, name)).catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

Deno.test(
  "the docs' commands run in a clean clone",
  { ignore: missing.length > 0 },
  async (t) => {
    await using clone = await tempDir();
    await cloneInto(clone.path);
    // Postgres may run as another user, who has to reach its files.
    await Deno.chmod(clone.path, 0o755);
    const PATH = `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`;
    const cwd = clone.path;
    const [postgres, sync, gatekeeper, edge] = [freePort(), freePort(), freePort(), freePort()];
    await using _dev = await startProcess({
      name: "deno task dev",
      args: ["task", "dev"],
      cwd,
      env: {
        AUTH_SECRET,
        DEV_POSTGRES_PORT: `${postgres}`,
        DEV_SYNC_PORT: `${sync}`,
        DEV_GATEKEEPER_PORT: `${gatekeeper}`,
        DEV_EDGE_PORT: `${edge}`,
      },
    }, `http://localhost:${edge}/health`);

    for (const command of COMMANDS) {
      if (LEFT_OUT.some(([one]) => one.test(command))) continue;
      if (SERVER.test(command)) {
        await t.step(command, async () => {
          const port = freePort();
          await using _server = await startProcess({
            name: command,
            command: "bash",
            args: ["-c", `exec ${command.replace(/--port \d+/, `--port ${port}`)}`],
            cwd,
            env: {
              PATH,
              AUTH_SECRET,
              PORT: `${port}`,
              DATABASE_URL: `postgresql://postgres:password@localhost:${postgres}/electric`,
              ELECTRIC_URL: `http://localhost:${sync}`,
            },
          }, `http://localhost:${port}/health`);
        });
      } else if (ONCE.some((one) => one.test(command))) {
        await t.step(command, async () => {
          const options: Deno.CommandOptions = {
            args: ["-c", command],
            cwd,
            env: { PATH },
            stdin: "null",
          };
          const { code, stderr } = await new Deno.Command("bash", options).output();
          equal(code, 0, new TextDecoder().decode(stderr));
        });
      }
    }
  },
);
