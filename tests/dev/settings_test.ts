import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { checkDatabase } from "../../dev/database.ts";
import { DevError } from "../../dev/error.ts";
import { leash } from "../../dev/leash.ts";
import { startPostgres } from "../../dev/postgres.ts";
import { postgresAccount } from "../../dev/postgres_account.ts";
import { postgresBinaries } from "../../dev/postgres_binaries.ts";
import { DevProcess, freePorts, temporaryFolder } from "./dev_process.ts";

Deno.test("with DATABASE_URL and ELECTRIC_URL, dev starts neither Postgres nor the sync service", async () => {
  await using folder = await temporaryFolder();
  await using database = await temporaryFolder();
  const port = freePort();
  const server = await startPostgres({ dataDir: database.path, port });
  try {
    const port = freePort();
    const listening = { hostname: "127.0.0.1", port, onListen() {} };
    await using _electric = Deno.serve(listening, () => new Response("{}"));
    const ELECTRIC_URL = `http://127.0.0.1:${port}`;
    await using dev = new DevProcess(freePorts(), folder.path, {
      DATABASE_URL: server.url,
      ELECTRIC_URL,
    });
    await dev.ready();
    assert.deepEqual(await dev.openPorts(), ["gatekeeper", "edge"]);
    assert.ok(!dev.log.includes(server.url), "the URL holds a password");
  } finally {
    await server.stop();
  }
});

Deno.test("settings that can't work are told in one line", async (t) => {
  const told = async (env: Record<string, string>, expected: RegExp) => {
    await using folder = await temporaryFolder();
    await using dev = new DevProcess(freePorts(), folder.path, env);
    const { code, lines } = await dev.end();
    assert.equal(code, 1);
    assert.equal(lines.length, 1, dev.log);
    assert.match(lines[0] ?? "", expected);
    assert.ok(!dev.log.includes("geheim"), "a password is shown");
  };
  await t.step("a DATABASE_URL that nothing answers", () =>
    told(
      { DATABASE_URL: "postgresql://user:geheim@localhost:1/app" },
      /^Can't use DATABASE_URL \(localhost:1\/app\): connect ECONNREFUSED/,
    ));
  await t.step(
    "a DATABASE_URL that is none",
    () => told({ DATABASE_URL: "geheim" }, /^DATABASE_URL must be a URL/),
  );
  await t.step(
    "a port that is none",
    () => told({ DEV_EDGE_PORT: "70000" }, /^DEV_EDGE_PORT is no port number: 70000/),
  );
  await t.step("a secret that the gatekeeper refuses", async () => {
    await using folder = await temporaryFolder();
    await using dev = new DevProcess(freePorts(), folder.path, { AUTH_SECRET: "short" });
    const { code, lines } = await dev.end();
    assert.equal(code, 1);
    assert.match(dev.log, /gatekeeper \| .*AUTH_SECRET/);
    assert.match(lines.at(-1) ?? "", /^gatekeeper ended while starting \(exit 1\)/);
    assert.deepEqual(await dev.openPorts(), []);
  });
});

Deno.test("a database without logical replication is only good enough for another Electric", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const first = await startPostgres({ dataDir: folder.path, port });
  await first.stop();
  const account = await postgresAccount(folder.path);
  const ready = Promise.withResolvers<void>();
  const server = leash({
    command: (await postgresBinaries(account)).postgres,
    args: ["-D", folder.path, "-p", `${port}`, "-c", "unix_socket_directories="],
    cwd: "/",
    ...(account && { account }),
    endSignal: "INT",
    onLine: (line) => line.includes("ready to accept") && ready.resolve(),
  });
  try {
    await ready.promise;
    await checkDatabase(first.url, false);
    await assert.rejects(
      checkDatabase(first.url, true),
      (error) => error instanceof DevError && error.code === "no_logical_replication",
    );
  } finally {
    await server.release();
    await server.exited;
  }
});
