import assert from "node:assert/strict";
import { check } from "../../cli/check/check.ts";
import { DEPARSER, PARSER } from "../../cli/check/decisions.ts";
import type { Cli } from "../../cli/cli.ts";
import { init } from "../../cli/init/init.ts";
import { runSupabase, supabasePath } from "../deploy/supabase_cli.ts";
import { ROOT } from "../support/process.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { readFiles, runIn, writeFiles } from "./command.ts";

const path = await supabasePath().catch((error: Error) => {
  console.log(`init in a Supabase project skipped: ${error.message}`);
  return null;
});
const options = { ignore: path === null };

const MIGRATION = `
create table public.notes (id uuid primary key, user_id uuid not null, body text);
alter table public.notes enable row level security;
create policy "own" on public.notes using (user_id = (select auth.uid()));
create table storage.mine (id int);`;

let project: TempDir;
let config = "";
Deno.test.beforeAll(async () => {
  project = await tempDir();
  if (path === null) return;
  const { code, output } = await supabase("init", "--yes");
  assert.equal(code, 0, output);
  await writeFiles(project.path, { "supabase/migrations/1_notes.sql": MIGRATION });
  config = await Deno.readTextFile(`${project.path}/supabase/config.toml`);
});
Deno.test.afterAll(async () => await project[Symbol.asyncDispose]());

function supabase(...args: string[]) {
  return runSupabase(args, {
    path: path ?? "",
    cwd: project.path,
    api: "http://127.0.0.1:1",
    token: "",
  });
}

const asked = (answer: boolean | null) => (cli: Cli) => init(cli, () => Promise.resolve(answer));
/** Path of the migration for revocations. */
function migrationOf(files: Readonly<Record<string, string>>): string {
  const name = /^supabase\/migrations\/\d{14}_gatekeeper_revocations\.sql$/;
  return Object.keys(files).find((path) => name.test(path)) ?? "no migration";
}

const written = (file: string) => Deno.readTextFile(`${project.path}/supabase/functions/${file}`);

Deno.test("without a terminal, or without a yes, nothing is written", options, async () => {
  const before = await readFiles(project.path);
  for (
    const [answer, said] of [[null, /no terminal .* --yes/], [false, /^Nothing was/m]] as const
  ) {
    const { code, output } = await runIn(project.path, asked(answer));
    assert.match(output, /^1 table found in supabase\/migrations\. This will be done:$/m);
    assert.match(output, /^create supabase\/functions\/gatekeeper\/policies\.ts$/m);
    assert.match(output, /^\+\[functions\.edge\]$/m);
    assert.match(output, said);
    assert.equal(code, 1);
  }
  assert.deepEqual(await readFiles(project.path), before);
});

Deno.test("init writes the functions, and only adds to config.toml", options, async () => {
  const before = await readFiles(project.path);
  const { code, output } = await runIn(project.path, asked(true));
  assert.equal(code, 0, output);
  const next = output.slice(output.indexOf("What to do next:")).split("\n").slice(1);
  assert.ok(next.length >= 3 && next.length <= 6, output);
  const after = await readFiles(project.path);
  const changed = Object.keys(after).filter((name) => after[name] !== before[name]).sort();
  assert.deepEqual(changed, [
    "supabase/config.toml",
    "supabase/functions/.env.example",
    "supabase/functions/edge/deno.json",
    "supabase/functions/edge/index.ts",
    "supabase/functions/gatekeeper/deno.json",
    "supabase/functions/gatekeeper/index.ts",
    "supabase/functions/gatekeeper/policies.ts",
    migrationOf(after),
  ]);
  assert.ok(after["supabase/config.toml"]?.startsWith(config));
});

Deno.test("what it writes is what this repository's example has", options, async () => {
  for (const file of ["edge/index.ts", "gatekeeper/index.ts", ".env.example"]) {
    const own = await Deno.readTextFile(`${ROOT}/supabase/functions/${file}`);
    // Whoever begins has no named shapes yet.
    const packages =
      '// What the policy `rls` needs.\nimport "libpg-query";\nimport "pgsql-deparser";\n';
    const before = file === "gatekeeper/index.ts" ? packages : "";
    assert.equal(await written(file), before + own.replaceAll(", shapes", ""), file);
  }
  const files = await readFiles(project.path);
  const migration = "supabase/migrations/20261129000000_gatekeeper_revocations.sql";
  assert.equal(files[migrationOf(files)], await Deno.readTextFile(`${ROOT}/${migration}`));
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  assert.deepEqual(JSON.parse(await written("edge/deno.json")).imports, {
    "electric-gatekeeper/edge": `npm:electric-gatekeeper@^${version}/edge`,
  });
  assert.deepEqual(JSON.parse(await written("gatekeeper/deno.json")).imports, {
    "electric-gatekeeper": `npm:electric-gatekeeper@^${version}`,
    "libpg-query": PARSER,
    "pgsql-deparser": DEPARSER,
  });
  const policies = await written("gatekeeper/policies.ts");
  assert.match(policies, /^ {2}\/\/ notes: rls,\n {2}notes: deny,$/m);
  assert.doesNotMatch(policies, /mine/);
});

Deno.test("the real CLI takes the config", options, async () => {
  const { output } = await supabase("start");
  assert.match(output, /Docker daemon|docker: command not found/, "past the config, to the engine");
  assert.doesNotMatch(output, /WARN|config/);
});

Deno.test("a second run changes nothing and says so", options, async () => {
  const before = await readFiles(project.path);
  const { code, output } = await runIn(project.path, asked(null));
  assert.equal(output, "All is there: nothing was changed.");
  assert.equal(code, 0);
  assert.deepEqual(await readFiles(project.path), before);
});

Deno.test("what was changed is shown, never overwritten", options, async () => {
  const index = 'console.log("mine");\n';
  const edited = (await written("gatekeeper/policies.ts")).replace("notes: deny", "notes: allow");
  await writeFiles(project.path, {
    "supabase/functions/edge/index.ts": index,
    "supabase/functions/gatekeeper/policies.ts": edited,
    "supabase/migrations/2_tags.sql": 'create table "Tags" (id int primary key, public boolean);',
    "supabase/functions/.env.example": "OTHER=1\nAUTH_SECRET=\n",
    "supabase/config.toml": `${config}\n[functions.edge]\nverify_jwt = true\n` +
      "[functions.gatekeeper]\nverify_jwt = false\n",
  });
  const before = await readFiles(project.path);
  const { code, output } = await runIn(project.path, asked(true));
  assert.equal(code, 0);
  assert.match(output, /^-console\.log\("mine"\);\n\+import \{ createEdge \}/m);
  assert.match(output, /edge\/index\.ts: it stays as it is\. .*make it like this/);
  assert.match(output, /^\+ {2}'?"\\"Tags\\""'?: deny,$/m);
  assert.doesNotMatch(output, /^[+-].*notes/m);
  assert.match(output, /policies\.ts: it is yours .* says nothing of these tables/);
  assert.match(output, /^\+ELECTRIC_URL=/m);
  assert.doesNotMatch(output, /^[+-](OTHER|AUTH_SECRET)/m);
  assert.match(
    output,
    /before \[functions\.edge\], which refuses ours: set verify_jwt = false there/,
  );
  assert.match(output, /nothing was changed; what differs stands above\.$/);
  assert.deepEqual(await readFiles(project.path), before);
});

Deno.test("another folder is told where to go", async () => {
  await using empty = await tempDir();
  const { code, output } = await runIn(empty.path, asked(true));
  assert.match(output, /no supabase\/config\.toml here.*supabase init.*--node, --deno or --worker/);
  assert.equal(code, 1);
  assert.equal((await runIn(empty.path, asked(true), ["--supabase"])).code, 1);
  const two = await runIn(empty.path, asked(true), ["--node", "--deno"]);
  assert.match(two.output, /^Say one of/);
  const noDatabase = await runIn(empty.path, asked(true), ["--deno", "--database", "mysql://x"]);
  assert.match(noDatabase.output, /--database must be like postgresql:/);
  assert.deepEqual(await readFiles(empty.path), {});
  assert.match((await runIn(empty.path, check)).output, /electric-gatekeeper init/);
});
