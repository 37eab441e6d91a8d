import assert from "node:assert/strict";
import { dirname } from "node:path";
import { ShapeStream } from "@electric-sql/client";
import { startSyncService } from "../../dev/sync/service.ts";
import { serveFunction, unpack } from "../deploy/functions.ts";
import { ManagementApi, PROJECT, TOKEN } from "../deploy/management_api.ts";
import { runSupabase, supabasePath } from "../deploy/supabase_cli.ts";
import { NODE_22 } from "../runtimes/binaries.ts";
import { freePort } from "../support/free_port.ts";
import { npmBinary, whyMissing } from "../support/npm_binary.ts";
import { deno214Path, noDeno214 } from "../support/older_deno.ts";
import { builtPackage } from "../support/package.ts";
import { startProcess } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { startRegistry } from "./registry.ts";

const ALICE = "8f0f3e1a-0000-4000-8000-000000000001";

const MIGRATION = `create table public.notes (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users,
  text text not null
);
alter table public.notes enable row level security;
create policy "own notes" on public.notes for select to authenticated
  using ((select auth.uid()) = owner_id);
`;

const SEED = `insert into auth.users (id, email) values ('${ALICE}', 'alice@example.com');
insert into public.notes (owner_id, text) values ('${ALICE}', 'hello');
`;

const missing = whyMissing(NODE_22) ?? noDeno214;

Deno.test(
  "in a Supabase project of one's own: init, dev, a token, a row, a 403, deploy",
  { ignore: missing !== null },
  async (t) => {
    const path = await supabasePath();
    await using stack = new AsyncDisposableStack();
    const registry = stack.use(await startRegistry());
    await registry.publish(await builtPackage());
    const folder = stack.use(await tempDir());
    // Postgres may run as another user, who has to reach its files.
    await Deno.chmod(folder.path, 0o755);
    const cwd = `${folder.path}/project`;
    await Deno.mkdir(cwd);
    const api = stack.use(new ManagementApi());
    const cli = { path, cwd, api: api.url, token: TOKEN };
    const nodePath = dirname(await npmBinary(NODE_22));
    const env = {
      PATH: `${nodePath}:${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      DENO_DIR: `${folder.path}/deno`,
      XDG_CACHE_HOME: `${folder.path}/cache`,
      NPM_CONFIG_REGISTRY: registry.url,
      npm_config_registry: registry.url,
      npm_config_cache: `${folder.path}/npm`,
    };
    const npx = async (...args: string[]) => {
      const command = new Deno.Command("npx", {
        args: ["-y", "electric-gatekeeper", ...args],
        cwd,
        env,
        stdin: "null",
      });
      const { code, stdout, stderr } = await command.output();
      const decoder = new TextDecoder();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    };

    await t.step("a project with a migration of its own, made by the real CLI", async () => {
      const { code, output } = await runSupabase(["init"], cli);
      assert.equal(code, 0, output);
      await Deno.mkdir(`${cwd}/supabase/migrations`, { recursive: true });
      await Deno.writeTextFile(`${cwd}/supabase/migrations/20260101000000_notes.sql`, MIGRATION);
      await Deno.writeTextFile(`${cwd}/supabase/seed.sql`, SEED);
    });

    const functions = `${cwd}/supabase/functions`;
    await t.step("init writes the functions; a second time it changes nothing", async () => {
      const first = await npx("init", "--yes");
      assert.equal(first.code, 0, first.stderr + first.stdout);
      const second = await npx("init", "--yes");
      assert.equal(second.code, 0, second.stderr);
      const policies = await Deno.readTextFile(`${functions}/gatekeeper/policies.ts`);
      assert.match(policies, /notes: deny/);
      assert.match(policies, /\/\/ notes: rls,/);
    });

    const ports = {
      postgres: freePort(),
      sync: freePort(),
      gatekeeper: freePort(),
      edge: freePort(),
    };
    const gatekeeper = `http://localhost:${ports.gatekeeper}`;
    await t.step("dev runs with its migrations and seed, and denies what init denied", async () => {
      for (const name of ["edge", "gatekeeper"]) await takeYoungPackages(`${functions}/${name}`);
      const dev = stack.use(
        await startProcess({
          name: "npx electric-gatekeeper dev",
          command: "npx",
          args: ["-y", "electric-gatekeeper", "dev"],
          cwd,
          env: {
            ...env,
            DEV_POSTGRES_PORT: `${ports.postgres}`,
            DEV_SYNC_PORT: `${ports.sync}`,
            DEV_GATEKEEPER_PORT: `${ports.gatekeeper}`,
            DEV_EDGE_PORT: `${ports.edge}`,
          },
        }),
      );
      await until(() => dev.lines.some((line) => line.includes("Next, get a token")), dev.lines);
      const denied = await fetch(`${gatekeeper}/gatekeeper/notes`, { method: "POST" });
      assert.equal(denied.status, 403);
      await denied.body?.cancel();
    });

    await t.step("dev has the playground, for a browser", async () => {
      const page = await (await fetch(`${gatekeeper}/`)).text();
      assert.match(page, /<title>Gatekeeper playground/);
      const files = [...page.matchAll(/(?:href|src)="(\/playground\/[^"]+)"/g)];
      assert.ok(files.length > 10, page);
      for (const [, path] of files) {
        const response = await fetch(gatekeeper + path);
        assert.equal(response.status, 200, path);
        await response.body?.cancel();
      }
      const policies = await fetch(`${gatekeeper}/playground/policies?table=notes`);
      const { secured, outcomes } = await policies.json();
      assert.equal(outcomes[0]?.refusal, "You may not sync table notes.");
      assert.equal(typeof secured, "boolean");
    });

    await t.step("a policy, a token, a synced row; nobody in particular gets a 403", async () => {
      const file = `${functions}/gatekeeper/policies.ts`;
      const policies = await Deno.readTextFile(file);
      await Deno.writeTextFile(file, policies.replace("notes: deny", 'notes: ownRows("owner_id")'));
      const { code, stdout, stderr } = await npx("token", ALICE);
      assert.equal(code, 0, stderr);
      const authorization = `Bearer ${stdout.trim()}`;
      const ask = () =>
        fetch(`${gatekeeper}/gatekeeper/notes`, { method: "POST", headers: { authorization } });
      let granted = await ask().catch(() => null);
      // The gatekeeper starts again with the new policies.
      for (let i = 0; granted?.status !== 200 && i < 100; i++) {
        await granted?.body?.cancel();
        await new Promise((resolve) => setTimeout(resolve, 100));
        granted = await ask().catch(() => null);
      }
      const config = await granted?.json();
      const over = new AbortController();
      const stream = new ShapeStream({
        url: config.url,
        headers: config.headers,
        params: config.params,
        signal: over.signal,
      });
      const texts: unknown[] = [];
      stream.subscribe((messages) => {
        for (const message of messages) if ("value" in message) texts.push(message.value["text"]);
      });
      await until(() => texts.length > 0, texts);
      over.abort();
      assert.deepEqual(texts, ["hello"]);
      const nobody = await fetch(`${gatekeeper}/gatekeeper/notes`, { method: "POST" });
      assert.equal(nobody.status, 403);
      await nobody.body?.cancel();
    });

    await t.step("functions deploy uploads both, which run alone on Deno 2.1.4", async () => {
      const file = `${functions}/gatekeeper/policies.ts`;
      const policies = await Deno.readTextFile(file);
      await Deno.writeTextFile(file, policies.replace('notes: ownRows("owner_id")', "notes: rls"));
      const args = ["functions", "deploy", "--use-api", "--yes", `--remote=${PROJECT}`];
      const { code, output } = await runSupabase(args, cli);
      assert.equal(code, 0, output);
      assert.deepEqual([...api.functions.keys()].sort(), ["edge", "gatekeeper"]);
      const alone = stack.use(await tempDir());
      for (const upload of api.functions.values()) await unpack(upload, alone.path);
      const databaseUrl = `postgresql://postgres:password@localhost:${ports.postgres}/electric`;
      const sync = await startSyncService({ databaseUrl, port: 0 });
      stack.defer(() => sync.stop());
      const settings = {
        AUTH_SECRET,
        ELECTRIC_URL: `http://127.0.0.1:${sync.port}`,
        SUPABASE_DB_URL: databaseUrl,
        NPM_CONFIG_REGISTRY: registry.url,
        DENO_DIR: `${folder.path}/deno214`,
      };
      const deno = await deno214Path();
      const serve = async (slug: string, health: string) =>
        // Postgres's parser is a file of its package, which Supabase lets a function read.
        stack.use(await serveFunction(slug, deno, alone.path, settings, health, "-NER"));
      const edge = await serve("edge", "/edge/health");
      const deployed = await serve("gatekeeper", "/gatekeeper/.well-known/jwks.json");
      const { url } = deployed;
      assert.equal((await fetch(`${edge.url}/edge/v1/shape?table=notes`)).status, 401);
      assert.equal((await fetch(`${url}/gatekeeper/notes`, { method: "POST" })).status, 403);
      // With what init wrote, it reads the row-level security of its tables.
      assert.doesNotMatch(deployed.lines.join("\n"), /rls_refused|isn't there|can't be loaded/);
      assert.match(deployed.lines.join("\n"), /denied/);
    });
  },
);

/** Deno takes no package that was published less than a day ago, unless it is told to. */
async function takeYoungPackages(folder: string): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
  const text = JSON.stringify({ ...config, minimumDependencyAge: "0" });
  await Deno.writeTextFile(`${folder}/deno.json`, text);
}

async function until(done: () => boolean, seen: readonly unknown[]): Promise<void> {
  for (const deadline = Date.now() + 120_000; !done();) {
    if (Date.now() > deadline) throw new Error(`it took too long:\n${seen.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
