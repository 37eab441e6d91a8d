import { deepEqual, equal, ok } from "node:assert/strict";
import { DevProcess, freePorts, processesWith, temporaryFolder } from "./dev_process.ts";

/** Runs `deno task dev -- <command>` with data in a folder. */
const runWith = (folder: string, ports = freePorts(), ...command: string[]) =>
  new DevProcess(ports, folder, {}, undefined, [Deno.execPath(), "task", "dev", "--", ...command]);

Deno.test("a command after -- runs beside dev, with its own arguments, and ends with it", async () => {
  await using folder = await temporaryFolder();
  const script = `${folder.path}/app.mjs`;
  await Deno.writeTextFile(
    script,
    'console.log(process.argv.slice(2)); setInterval(() => "", 1e3)',
  );
  const ports = freePorts();
  await using dev = runWith(folder.path, ports, "node", script, "--help", "--migrate");
  await dev.printed("app        | [ '--help', '--migrate' ]");
  await dev.ready();
  dev.signal("SIGINT");
  equal((await dev.end()).code, 0, dev.log);
  deepEqual(await dev.openPorts(), []);
  deepEqual(await processesWith(folder.path), []);
});

Deno.test("when the command ends, so does dev", async () => {
  await using folder = await temporaryFolder();
  const ports = freePorts();
  await using dev = runWith(folder.path, ports, "node", "-e", "process.exit(3)");
  const { code, lines } = await dev.end();
  equal(code, 1);
  ok(lines.includes("node ended by itself (exit 3)."), dev.log);
  deepEqual(await dev.openPorts(), []);
  deepEqual(await processesWith(folder.path), []);
});
