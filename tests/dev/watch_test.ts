import assert from "node:assert/strict";
import { DevProcess, freePorts, ROOT, temporaryFolder } from "./dev_process.ts";

Deno.test("a change restarts the part that it touches, on its port", async (t) => {
  await using clone = await temporaryFolder();
  for (
    const name of [
      "cli",
      "client",
      "deno.json",
      "deno.lock",
      "dev",
      "edge",
      "gatekeeper",
      "shared",
      "supabase",
    ]
  ) {
    await copy(`${ROOT}${name}`, `${clone.path}/${name}`);
  }
  // A temporary folder is its owner's alone, unlike a clone, and Postgres may run as another user.
  await Deno.chmod(clone.path, 0o755);
  const ports = freePorts();
  await using dev = new DevProcess(ports, `${clone.path}/.dev`, {}, clone.path);
  await dev.ready();
  const restarts = () => dev.log.match(/^\w+ +\| .* restarting$/gm) ?? [];
  const edge = `${clone.path}/edge/index.ts`;
  const code = await Deno.readTextFile(edge);

  await t.step("a mistake in the code is shown, and mended by the next change", async () => {
    await Deno.writeTextFile(edge, `${code}\nmistake(`);
    await dev.printed("starts again when its code changes");
    await Deno.writeTextFile(edge, code);
    await dev.printed("edge       | ready (", 2);
    assert.equal((await fetch(`http://localhost:${ports.edge}/health`)).status, 200);
    assert.deepEqual(
      new Set(restarts()),
      new Set([
        "edge       | edge/index.ts changed, restarting",
        "gatekeeper | edge/index.ts changed, restarting",
      ]),
    );
  });
  await t.step("a new migration is applied", async () => {
    const migration = "supabase/migrations/99990101000000_more.sql";
    await Deno.writeTextFile(
      `${clone.path}/${migration}`,
      "create table more (id int primary key)",
    );
    await dev.printed("applied migration 99990101000000_more.sql");
  });
  await t.step("what two parts share restarts both, a test none", async () => {
    await Deno.writeTextFile(`${clone.path}/shared/shape_test.ts`, "");
    const shape = `${clone.path}/shared/shape.ts`;
    await Deno.writeTextFile(shape, await Deno.readTextFile(shape));
    await dev.printed("edge       | ready (", 3);
    await dev.printed("gatekeeper | ready (", 3);
    assert.deepEqual(restarts().slice(-2).sort(), [
      "edge       | shared/shape.ts changed, restarting",
      "gatekeeper | shared/shape.ts changed, restarting",
    ]);
    assert.ok(!dev.log.includes("sync       | ready (", dev.log.indexOf("Next")));
  });
});

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}
