import { ok } from "node:assert/strict";
import { dirname } from "node:path";
import { caddyName, noCaddy, startCaddy } from "../caddy/caddy.ts";
import { findCommand } from "../support/find_command.ts";
import { freePort } from "../support/free_port.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { blocks, consoleSteps, printed, readPage } from "./readme.ts";

const README = (await readPage("README.md")).text;
const CLIENTS = (await readPage("docs/clients.md")).text;
const missing = ["bash", "curl", "psql", "sed"].filter((tool) => findCommand(tool) === undefined);
if (missing.length > 0) console.log(`README walk skipped: ${missing.join(", ")} not installed`);

interface Ports {
  readonly postgres: number;
  readonly sync: number;
  readonly gatekeeper: number;
  readonly edge: number;
}

/** What moves `dev`, and `deno task token` with it. */
function moves(ports: Ports, folder: string): Record<string, string> {
  return {
    DEV_DATA: folder,
    DEV_POSTGRES_PORT: `${ports.postgres}`,
    DEV_SYNC_PORT: `${ports.sync}`,
    DEV_GATEKEEPER_PORT: `${ports.gatekeeper}`,
    DEV_EDGE_PORT: `${ports.edge}`,
  };
}

/** The README's addresses, moved to where `dev` listens in this test. */
function moved(text: string, ports: Ports): string {
  return text.replaceAll("localhost:54321", `localhost:${ports.postgres}`)
    .replaceAll("localhost:4000", `localhost:${ports.gatekeeper}`)
    .replaceAll("localhost:8000", `localhost:${ports.edge}`);
}

/** Runs commands in one shell, so that `export` lasts, and gives what each printed. */
async function runAll(
  commands: readonly string[],
  env: Record<string, string>,
): Promise<string[]> {
  const mark = "--- end of step ---";
  const script = commands.map((command) => `${command}\necho; echo '${mark}'`).join("\n");
  const bash = new Deno.Command("bash", {
    args: ["-c", script],
    cwd: ROOT,
    env: { ...env, PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}` },
    stdin: "null",
    stderr: "inherit",
  });
  const { stdout } = await bash.output();
  return new TextDecoder().decode(stdout).split(`\n${mark}\n`).slice(0, -1);
}

/** Runs the ten lines of docs/clients.md with the official client and gives the first line they print. */
async function firstLine(source: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--ext=ts", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  try {
    for await (const chunk of process.stdout) return new TextDecoder().decode(chunk);
    return "";
  } finally {
    process.kill("SIGKILL");
    await process.status;
  }
}

/** Like {@link printed}, for Caddy: it capitalises names of headers, and tells that it's stricter. */
function printedByCaddy(expected: string, actual: string): boolean {
  const strict = "for another shape, or for one that this proxy can't check.";
  const text = expected.replace("for another shape.", strict);
  return printed(text.toLowerCase(), actual.toLowerCase());
}

Deno.test("the README's walk prints what the README says", {
  ignore: missing.length > 0,
}, async (t) => {
  const ports = {
    postgres: freePort(),
    sync: freePort(),
    gatekeeper: freePort(),
    edge: freePort(),
  };
  await using folder = await tempDir();
  const env = moves(ports, folder.path);
  const options = { name: "deno task dev", args: ["task", "dev"], env: { ...env, AUTH_SECRET } };
  await using _dev = await startProcess(options, `http://localhost:${ports.edge}/health`);
  const steps = consoleSteps(README);
  ok(steps.length > 5);

  const walk = async (t: Deno.TestContext, edge: number, isSame: typeof printed) => {
    const commands = steps.map(({ command }) => moved(command, { ...ports, edge }));
    const outputs = await runAll(commands, env);
    for (const [i, { command, prints }] of steps.entries()) {
      const [expected, output] = [moved(prints, ports), outputs[i] ?? ""];
      await t.step(command.slice(0, 60), () => {
        ok(isSame(expected, output), `expected:\n${expected}\nprinted:\n${output}`);
      });
    }
  };
  await t.step("through the edge", (t) => walk(t, ports.edge, printed));
  await t.step({
    name: `through ${caddyName}${noCaddy === null ? "" : ` (skipped: ${noCaddy})`}`,
    ignore: noCaddy !== null,
    fn: async (t) => {
      await using caddy = await startCaddy({ ELECTRIC_URL: `http://127.0.0.1:${ports.sync}` });
      await walk(t, caddy.port, printedByCaddy);
    },
  });
  await t.step("the client's ten lines print the rows", async () => {
    const source = blocks(CLIENTS, "ts").find((text) => text.includes("new ShapeStream")) ?? "";
    ok(/^[1-9]\d* rows/.test(await firstLine(moved(source, ports))));
  });
});
