import assert from "node:assert/strict";
import postgres from "postgres";
import { startSyncService } from "../../dev/sync/service.ts";
import { deno214Path, noDeno214 } from "../support/older_deno.ts";
import { testPostgres } from "../support/postgres.ts";
import { ROOT } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type Deployed, ManagementApi, PROJECT, TOKEN } from "./management_api.ts";
import { needed, serveFunction, unpack } from "./functions.ts";
import { runSupabase, supabasePath } from "./supabase_cli.ts";

const path = await supabasePath().catch((error: Error) => {
  console.log(`Supabase deployment skipped: ${error.message}`);
  return null;
});
if (noDeno214 !== null) console.log(`Supabase deployment on Deno 2.1.4 skipped: ${noDeno214}`);

/** A clone, as far as the CLI may look; tests and all. */
async function copyClone(folder: string): Promise<void> {
  const { success } = await new Deno.Command("cp", {
    args: ["-r", "deno.json", "supabase", "shared", "gatekeeper", "edge", folder],
    cwd: ROOT,
  }).output();
  assert.ok(success);
}

/** The flow under the paths that Supabase uses: a token, then the shape with it. */
async function walk(deno: string, folder: string, env: Record<string, string>): Promise<void> {
  const edge = serveFunction("edge", deno, folder, env, "/edge/health");
  const gatekeeper = serveFunction(
    "gatekeeper",
    deno,
    folder,
    env,
    "/gatekeeper/.well-known/jwks.json",
  );
  await using open = new AsyncDisposableStack();
  for (const started of await Promise.allSettled([edge, gatekeeper])) {
    if (started.status === "fulfilled") open.use(started.value);
  }
  const [{ url: edgeUrl }, { url }] = await Promise.all([edge, gatekeeper]);

  const grant = await fetch(`${url}/gatekeeper/items`, { method: "POST" });
  assert.equal(grant.status, 200);
  const { headers, ...answer } = await grant.json();
  assert.equal(answer.url, "https://project.supabase.co/functions/v1/edge/v1/shape");

  for (const base of [`${edgeUrl}/edge`, `${url}/gatekeeper/proxy`]) {
    const shape = `${base}/v1/shape?table=items&offset=-1`;
    const refused = await fetch(shape);
    assert.equal(refused.status, 401);
    await refused.body?.cancel();
    const response = await fetch(shape, { headers });
    assert.equal(response.status, 200);
    assert.ok((await response.text()).includes('"value":"deployed"'));
    const other = await fetch(`${shape}&where=true`, { headers });
    assert.equal(other.status, 403);
    await other.body?.cancel();
  }
}

Deno.test("the Supabase CLI deploys both functions, which then run alone", {
  ignore: path === null,
}, async (t) => {
  assert.ok(path);
  await using folder = await tempDir();
  await using api = new ManagementApi();
  await using postgresOfTest = await testPostgres();
  await copyClone(folder.path);
  const options = { path, cwd: folder.path, api: api.url, token: TOKEN };
  const databaseUrl = postgresOfTest.url;

  await t.step("config.toml holds nothing that the CLI doesn't know", async () => {
    const { output } = await runSupabase(["start"], options);
    const missing = /Docker daemon|docker: command not found/;
    assert.match(output, missing, "it gets past the config, to the missing engine");
    assert.doesNotMatch(output, /WARN|config/);
  });

  await t.step("functions deploy uploads what each needs, and nothing more", async () => {
    const args = ["functions", "deploy", "--use-api", "--yes", `--remote=${PROJECT}`];
    const { code, output } = await runSupabase(args, options);
    assert.equal(code, 0, output);
    assert.deepEqual([...api.functions.keys()].sort(), ["edge", "gatekeeper"]);
    for (const [slug, { metadata, files }] of api.functions) {
      const source = `supabase/functions/${slug}`;
      const [entry, map] = [`${source}/index.ts`, `${source}/deno.json`];
      assert.deepEqual(metadata, {
        name: slug,
        entrypoint_path: entry,
        import_map_path: map,
        verify_jwt: false,
        static_patterns: [],
      });
      const modules = await needed(ROOT, entry, map);
      assert.deepEqual([...files.keys()].sort(), [map, ...modules].sort());
    }
  });

  await t.step("secrets set sends what the env file says", async () => {
    const example = await Deno.readTextFile(`${ROOT}/supabase/functions/.env.example`);
    await Deno.writeTextFile(`${folder.path}/hosted.env`, example);
    const args = ["secrets", "set", "--env-file", "hosted.env", "--yes", `--remote=${PROJECT}`];
    const { code, output } = await runSupabase(args, options);
    assert.equal(code, 0, output);
    for (const name of ["AUTH_SECRET", "ELECTRIC_URL"]) assert.ok(api.secrets.has(name), name);
  });

  await t.step("db push applies the migrations", async () => {
    const { code, output } = await runSupabase(
      ["db", "push", "--yes", "--db-url", databaseUrl],
      options,
    );
    assert.equal(code, 0, output);
  });

  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await using _end = { [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) };
  await sql`insert into items (value) values ('deployed')`;
  const sync = await startSyncService({ databaseUrl, port: 0 });
  await using _sync = { [Symbol.asyncDispose]: () => sync.stop() };
  await using alone = await tempDir();
  const deployed: Iterable<Deployed> = api.functions.values();
  for (const upload of deployed) await unpack(upload, alone.path);
  const env = {
    AUTH_SECRET,
    ELECTRIC_URL: `http://127.0.0.1:${sync.port}`,
    SUPABASE_URL: "https://project.supabase.co",
    SUPABASE_DB_URL: databaseUrl,
  };
  await t.step("they run on this Deno", () => walk(Deno.execPath(), alone.path, env));
  await t.step({
    name: "they run on Deno 2.1.4",
    ignore: noDeno214 !== null,
    fn: async () => await walk(await deno214Path(), alone.path, env),
  });
});
