import { deepEqual, match } from "node:assert/strict";
import { DevProcess, freePorts, temporaryFolder } from "./dev_process.ts";

/** Which of these ports another address of this machine reaches: a server on 127.0.0.1 alone isn't there. */
async function reached(ports: Record<string, number>): Promise<string[]> {
  const names = [];
  for (const [name, port] of Object.entries(ports)) {
    const connection = await Deno.connect({ hostname: "127.0.0.2", port }).catch(() => null);
    connection?.close();
    if (connection !== null) names.push(name);
  }
  return names;
}

// Only Linux gives the whole of 127.0.0.0/8 to the loopback device.
const options = { ignore: Deno.build.os !== "linux" };

Deno.test("dev listens on 127.0.0.1 alone, and tells of each request", options, async () => {
  await using folder = await temporaryFolder();
  const ports = freePorts();
  await using dev = new DevProcess(ports, folder.path);
  await dev.ready();
  deepEqual(await reached({ ...ports }), []);
  const granted = await fetch(`http://localhost:${ports.gatekeeper}/gatekeeper/items`, {
    method: "POST",
  });
  const { headers } = await granted.json();
  const query = "?table=items&offset=-1";
  await (await fetch(`http://localhost:${ports.edge}/v1/shape${query}`, { headers })).body
    ?.cancel();
  await (await fetch(`http://localhost:${ports.edge}/v1/shape${query}`)).body?.cancel();
  await dev.printed("/v1/shape items 401 ");
  match(dev.log, /^gatekeeper \| gatekeeper: POST \/gatekeeper\/items 200$/m);
  match(dev.log, /^edge +\| edge: GET \/v1\/shape items 200 \d+ ms$/m);
});

Deno.test("DEV_HOST opens the gatekeeper and the edge, and nothing else", options, async () => {
  await using folder = await temporaryFolder();
  const ports = freePorts();
  await using dev = new DevProcess(ports, folder.path, { DEV_HOST: "0.0.0.0" });
  await dev.ready();
  deepEqual(await reached({ ...ports }), ["gatekeeper", "edge"]);
});

Deno.test("dev isn't ready before ELECTRIC_URL answers", async () => {
  await using folder = await temporaryFolder();
  const ports = freePorts();
  const ELECTRIC_URL = `http://127.0.0.1:${ports.sync}`;
  await using dev = new DevProcess(ports, folder.path, { ELECTRIC_URL });
  await dev.printed(
    `waiting: nothing answers at ELECTRIC_URL ${ELECTRIC_URL}. Start Electric there`,
  );
  deepEqual(/Ready/.test(dev.log), false);
  const handler = () => new Response("{}");
  await using _electric = Deno.serve(
    { hostname: "127.0.0.1", port: ports.sync, onListen() {} },
    handler,
  );
  await dev.ready();
});

Deno.test("a data folder that can't be written is named, with its variable", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await using dev = new DevProcess(freePorts(), `${folder.path}/file`);
  const { lines: [line = ""] } = await dev.end();
  match(line, /^The data folder \S+\/file can't be written \(.+\): make it yours, or set DEV_DATA/);
});
