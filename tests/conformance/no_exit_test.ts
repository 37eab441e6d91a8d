import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { deno214Path, noDeno214 } from "../support/older_deno.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { rawRequest } from "../support/raw_http.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Supabase's runtime as far as it matters here: nothing ends it, and it has no signals. */
const SUPABASE = `Deno.exit = () => {};
Deno.addSignalListener = undefined;
const { default: app } = await import("./index.ts");
export default app;
`;

const CASES = [
  ["edge", { ELECTRIC_URL: "" }, /ELECTRIC_URL/],
  ["edge", { AUTH_SECRET: "short" }, /AUTH_SECRET/],
  ["edge", { AUTH_PRIVATE_JWK: "{}" }, /AUTH_PRIVATE_JWK/],
  ["gatekeeper", { AUTH_SECRET: "" }, /AUTH_SECRET/],
  ["gatekeeper", { DATABASE_URL: "" }, /DATABASE_URL/],
] as const;

const DENOS = { "this Deno": () => Promise.resolve(Deno.execPath()), "Deno 2.1.4": deno214Path };

for (const [name, path] of Object.entries(DENOS)) {
  const ignore = name !== "this Deno" && noDeno214 !== null;
  Deno.test({
    name: `where nothing ends the process, a bad variable is a 500 to each request, on ${name}${
      ignore ? ` (skipped: ${noDeno214})` : ""
    }`,
    ignore,
    fn: async () => {
      const command = await path();
      await using folder = await tempDir();
      const { success } = await new Deno.Command("cp", {
        args: ["-r", "shared", "edge", "gatekeeper", "supabase", folder.path],
        cwd: ROOT,
      }).output();
      assert(success);
      for (const slug of ["edge", "gatekeeper"]) {
        await Deno.writeTextFile(`${folder.path}/supabase/functions/${slug}/supabase.js`, SUPABASE);
      }
      for (const [slug, bad, says] of CASES) {
        const port = freePort();
        const source = `supabase/functions/${slug}`;
        const flags = ["--no-config", "--no-lock", "--import-map", `${source}/deno.json`];
        const good = {
          AUTH_SECRET,
          ELECTRIC_URL: "http://127.0.0.1:1",
          DATABASE_URL: "postgresql://postgres@127.0.0.1:1/electric",
        };
        await using server = await startProcess({
          name: slug,
          command,
          args: ["serve", "-NE", ...flags, "--port", `${port}`, `${source}/supabase.js`],
          cwd: folder.path,
          env: { ...good, ...bad },
        });
        for (const target of ["/health", `/${slug}/items`, "/v1/shape?table=items", "/"]) {
          const { status, text, header } = await answered(port, target);
          assert.equal(status, 500, target);
          assert.match(JSON.parse(text).message, /its log says why/);
          assert.equal(header("access-control-allow-origin"), "*");
        }
        const told = server.lines.filter((line) => line.startsWith(`${slug}: `));
        assert.equal(told.length, 1, server.lines.join("\n"));
        assert.match(told[0] ?? "", says);
        await server.kill();
      }
    },
  });
}

/** The answer to a request, once the server listens. */
async function answered(port: number, target: string) {
  for (const deadline = Date.now() + 20_000;;) {
    try {
      return await rawRequest(port, { target });
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
