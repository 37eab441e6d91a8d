import { equal } from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { rawRequest } from "../support/raw_http.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { tempDir } from "../support/temp_dir.ts";
import { spelling, tokenOf } from "../cdn/users.ts";

/** `deno task bundle`, but into a folder of the test's own. */
async function bundle(folder: string): Promise<string> {
  const text = await Deno.readTextFile(`${ROOT}/deno.json`);
  const { tasks }: { tasks: { bundle: string } } = JSON.parse(text);
  const [, ...args] = tasks.bundle.replace("dist/", `${folder}/`).split(" ");
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return `${folder}/edge.js`;
}

Deno.test("the edge in one file needs nothing but that file", async () => {
  await using folder = await tempDir();
  await using tap = new Tap();
  const port = freePort();
  await using _edge = await startProcess({
    name: "bundled edge",
    args: [
      "serve",
      "-NE",
      "--no-config",
      "--cached-only",
      "--port",
      `${port}`,
      await bundle(folder.path),
    ],
    cwd: folder.path,
    env: { AUTH_SECRET, ELECTRIC_URL: tap.url },
  }, `http://127.0.0.1:${port}/health`);
  const target = spelling(0, { offset: "-1" });
  equal((await rawRequest(port, { target })).status, 401);
  const headers = [["authorization", `Bearer ${await tokenOf("reader")}`]] as const;
  equal((await rawRequest(port, { target, headers })).text, "[]");
  equal(tap.requests.length, 1);
});
