import { equal } from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { startProcess } from "../support/process.ts";
import { rawRequest } from "../support/raw_http.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bundle } from "./bundle.ts";
import { spelling, tokenOf } from "../cdn/users.ts";

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
