import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { DevError } from "../../dev/error.ts";
import { startPostgres } from "../../dev/postgres.ts";
import { temporaryFolder } from "./dev_process.ts";

Deno.test("Postgres starts again whatever the last run left", async (t) => {
  await using folder = await temporaryFolder();
  const options = { dataDir: folder.path, port: freePort() };
  const start = async () => await (await startPostgres(options)).stop();
  await t.step("an initdb that was cut off", async () => {
    await Deno.mkdir(`${folder.path}.initdb/base`, { recursive: true });
    await Deno.writeTextFile(`${folder.path}.initdb/PG_VERSION`, "18\n");
    await start();
    await assert.rejects(Deno.stat(`${folder.path}.initdb`), Deno.errors.NotFound);
  });
  await t.step("a pid file whose number another process has by now", async () => {
    const rest = `${folder.path}\n1700000000\n${options.port}\n\nlocalhost\n\nready\n`;
    await Deno.writeTextFile(`${folder.path}/postmaster.pid`, `${Deno.pid}\n${rest}`);
    await start();
  });
  await t.step("a server that was killed", async () => {
    const server = await startPostgres(options);
    server.kill();
    await server.exited;
    assert.ok(await Deno.stat(`${folder.path}/postmaster.pid`));
    await start();
  });
});

Deno.test("Postgres doesn't touch a folder that isn't its own", async (t) => {
  await using folder = await temporaryFolder();
  const rejects = (message: RegExp) =>
    assert.rejects(startPostgres({ dataDir: folder.path, port: freePort() }), (error) => {
      assert.ok(error instanceof DevError && error.code === "data_unusable");
      assert.match(error.message, message);
      return true;
    });
  await t.step("somebody's files", async () => {
    await Deno.writeTextFile(`${folder.path}/letter.txt`, "");
    await rejects(/isn't a Postgres data folder: delete it or choose another\.$/);
    await Deno.stat(`${folder.path}/letter.txt`);
  });
  await t.step("data of another Postgres", async () => {
    await Deno.writeTextFile(`${folder.path}/PG_VERSION`, "15\n");
    await rejects(/holds data of Postgres 15, not 18: delete/);
  });
});

Deno.test("a port that is taken is told", async () => {
  await using folder = await temporaryFolder();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    await assert.rejects(
      startPostgres({ dataDir: folder.path, port: listener.addr.port }),
      (error) => error instanceof DevError && error.code === "postgres_failed",
    );
  } finally {
    listener.close();
  }
});
