import assert from "node:assert/strict";
import postgres from "postgres";
import { TEST_ALL } from "../support/test_all.ts";
import { DevProcess, freePorts, processesWith, sleep, temporaryFolder } from "./dev_process.ts";

Deno.test("dev starts everything, keeps its data, and Ctrl-C stops everything", async () => {
  await using folder = await temporaryFolder();
  const ports = freePorts();
  let secret: string;
  {
    await using dev = new DevProcess(ports, folder.path);
    await dev.ready();
    for (const port of [ports.gatekeeper, ports.edge]) {
      assert.deepEqual(await (await fetch(`http://localhost:${port}/health`)).json(), {
        status: "ok",
      });
    }
    const granted = await fetch(`http://localhost:${ports.gatekeeper}/gatekeeper/items`, {
      method: "POST",
    });
    const { url, headers } = await granted.json();
    assert.equal(url, `http://localhost:${ports.edge}/v1/shape`);
    const shape = await fetch(`${url}?table=items&offset=-1`, { headers });
    assert.equal(shape.status, 200);
    await shape.body?.cancel();
    await query(ports.postgres, "insert into items (value) values ('kept')");
    secret = await Deno.readTextFile(`${folder.path}/auth-secret`);
    assert.ok(secret.length >= 32);
    const { mode } = await Deno.stat(`${folder.path}/auth-secret`);
    assert.equal((mode ?? 0) & 0o777, 0o600);
    // A held request must not hold up the end.
    const held = fetch(`${url}?table=items&offset=now&live=true&handle=0`, { headers })
      .then((response) => response.text()).catch(() => {});
    await sleep(100);
    const started = performance.now();
    dev.signal("SIGINT");
    const { code } = await dev.end();
    assert.ok(performance.now() - started < 5000);
    assert.equal(code, 0, dev.log);
    assert.deepEqual(await dev.openPorts(), []);
    assert.deepEqual(await processesWith(folder.path), []);
    await held;
  }
  await using dev = new DevProcess(ports, folder.path);
  assert.ok(await dev.ready() < 10_000);
  assert.deepEqual(await query(ports.postgres, "select value from items"), [{ value: "kept" }]);
  assert.equal(await Deno.readTextFile(`${folder.path}/auth-secret`), secret);
});

Deno.test("a second dev in the clone, and a busy port, are told in one line", async (t) => {
  await using folder = await temporaryFolder();
  const ports = freePorts();
  await using dev = new DevProcess(ports, folder.path);
  await dev.ready();
  await t.step("the same clone", async () => {
    await using second = new DevProcess(freePorts(), folder.path);
    const { code, lines } = await second.end();
    assert.equal(code, 1);
    assert.equal(lines.length, 1, second.log);
    assert.match(lines[0] ?? "", /^deno task dev already runs in this clone \(process \d+\): /);
  });
  for (const name of ["postgres", "sync", "gatekeeper", "edge"] as const) {
    await t.step(`the port of ${name}`, async () => {
      await using other = await temporaryFolder();
      await using second = new DevProcess({ ...freePorts(), [name]: ports[name] }, other.path);
      const { code, lines } = await second.end();
      assert.equal(code, 1);
      const setting = `DEV_${name.toUpperCase()}_PORT`;
      assert.match(lines[0] ?? "", new RegExp(`^Port ${ports[name]} is taken, and .* ${setting}`));
      assert.equal(lines.length, 1, second.log);
      const left = await Array.fromAsync(Deno.readDir(other.path), (entry) => entry.name);
      assert.deepEqual(left.sort(), [".gitignore", "lock"]);
    });
  }
});

for (const signal of ["SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  Deno.test(`${signal} leaves no process and no port`, async () => {
    await using folder = await temporaryFolder();
    await using dev = new DevProcess(freePorts(), folder.path);
    await dev.ready();
    dev.signal(signal);
    await dev.end();
    for (const end = Date.now() + 5000; (await dev.openPorts()).length > 0; await sleep(50)) {
      assert.ok(Date.now() < end, `still open: ${await dev.openPorts()}`);
    }
    for (const end = Date.now() + 5000; (await processesWith(folder.path)).length > 0;) {
      assert.ok(Date.now() < end, (await processesWith(folder.path)).join("\n"));
      await sleep(50);
    }
  });
}

Deno.test("Ctrl-C while starting stops what has started", async () => {
  // At several moments, for what runs just then gets a terminal's Ctrl-C too.
  for (const moment of TEST_ALL ? [0, 0, 0, 0, 1, 1, 1, 1, 2, 4, 8, 300] : [0, 1, 8, 300]) {
    await using folder = await temporaryFolder();
    await using dev = new DevProcess(freePorts(), folder.path);
    await dev.printed("making a database cluster");
    await sleep(moment);
    dev.signal("SIGINT");
    assert.equal((await dev.end()).code, 0, `after ${moment} ms: ${dev.log}`);
    assert.deepEqual(await dev.openPorts(), []);
    assert.deepEqual(await processesWith(folder.path), []);
  }
});

async function query(port: number, text: string): Promise<unknown[]> {
  const sql = postgres(`postgresql://postgres:password@localhost:${port}/electric`, { max: 1 });
  try {
    return [...await sql.unsafe(text)];
  } finally {
    await sql.end();
  }
}
