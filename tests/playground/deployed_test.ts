import { equal } from "node:assert/strict";
import { testPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/process.ts";
import { GATEKEEPER, startGatekeeper } from "../support/servers.ts";

Deno.test("the gatekeeper that is deployed has no playground", async () => {
  await using database = await testPostgres();
  await using gatekeeper = await startGatekeeper({
    DATABASE_URL: database.url,
    ELECTRIC_URL: "http://127.0.0.1:1",
    HOST: "127.0.0.1",
  }, GATEKEEPER);
  for (const path of ["/", "/playground/", "/playground/state", "/playground/page/main.ts"]) {
    const response = await fetch(gatekeeper.url + path);
    equal(response.status, 404, path);
    await response.body?.cancel();
  }
});

Deno.test("what is deployed doesn't know of the playground", async () => {
  const folders = ["shared", "edge", "gatekeeper", "client", "supabase", "caddy"];
  const { code } = await new Deno.Command("grep", {
    args: ["-rilE", "playground", ...folders],
    cwd: ROOT,
    stdout: "inherit",
  }).output();
  equal(code, 1);
});
