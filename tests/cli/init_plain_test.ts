import assert from "node:assert/strict";
import postgres from "postgres";
import { NEXT_STEPS } from "../../cli/init/next_steps.ts";
import { init } from "../../cli/init/init.ts";
import { startSyncService } from "../../dev/sync/service.ts";
import { NODE_22, WORKERD } from "../runtimes/binaries.ts";
import { freePort } from "../support/free_port.ts";
import { npmBinary, whyMissing } from "../support/npm_binary.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { ROOT, startProcess, type TestProcess } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { readFiles, runIn, writeFiles } from "./command.ts";
import { installLibrary, linkPackage, repositoryImports } from "./library.ts";

const noNode = whyMissing(NODE_22);
const noWorkerd = whyMissing(WORKERD);
for (const reason of [noNode, noWorkerd]) {
  if (reason !== null) console.log(`init in a plain project skipped: ${reason}`);
}

let database: TestPostgres;
Deno.test.beforeAll(async () => {
  database = await testPostgres();
  const sql = postgres(database.url, { max: 1 });
  await sql.unsafe(`create table notes (id int primary key, body text);
    insert into notes values (1, 'synced');`);
  await sql.end();
});
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

/** Fills in the example of an environment, as its head says to. */
async function fillIn(project: string, from: string, to: string, electricUrl: string, url: string) {
  const values: Record<string, string> = {
    AUTH_SECRET,
    ELECTRIC_URL: electricUrl,
    ELECTRIC_PROXY_URL: url,
    DATABASE_URL: database.url,
  };
  const example = await Deno.readTextFile(`${project}/${from}`);
  const filled = example.replace(/^([A-Z_]+)=.*$/gm, (_, name) => `${name}=${values[name] ?? ""}`);
  await Deno.writeTextFile(`${project}/${to}`, filled);
}

/** The arguments of the command that `init` tells to start a server with. */
function told(kind: "node" | "deno", name: string): string[] {
  const commands = NEXT_STEPS[kind].map((line) => line.replace(/ +#.*/, ""));
  const line = commands.find((line) => line.startsWith(kind) && line.endsWith(`/${name}.ts`));
  return line?.split(" ").slice(1) ?? [];
}

/** Starts a server with an environment that holds its port and nothing else, so that a file's counts. */
function startAlone(
  cwd: string,
  port: number,
  path: string,
  command: readonly string[],
): Promise<TestProcess> {
  const home = ["PATH", "HOME", "DENO_DIR"].flatMap((name) =>
    Deno.env.has(name) ? [`${name}=${Deno.env.get(name)}`] : []
  );
  const more = command.map((arg, i) => command[i - 1] === "--port" ? `${port}` : arg);
  const args = ["-i", ...home, `PORT=${port}`, path, ...more];
  const url = `http://127.0.0.1:${port}/health`;
  return startProcess({ name: command.join(" "), command: "env", args, cwd }, url);
}

/** A token from the gatekeeper, then the shape from where it says. */
async function walk(gatekeeper: string): Promise<void> {
  const grant = await fetch(`${gatekeeper}/gatekeeper/notes`, { method: "POST" });
  assert.equal(grant.status, 200, await grant.clone().text());
  const { url, headers } = await grant.json();
  const shape = await fetch(`${url}?table=notes&offset=-1`, { headers });
  assert.match(await shape.text(), /"body":"synced"/);
  const other = await fetch(`${url}?table=notes&offset=-1&where=true`, { headers });
  assert.equal(other.status, 403);
  await other.body?.cancel();
}

/** Allows the one table, as somebody would who has read the file. */
async function allowNotes(project: string): Promise<void> {
  const path = `${project}/electric/policies.ts`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace("notes: deny", "notes: allow"));
}

Deno.test("in a Node project, init and check run on Node 22, and so do the servers", {
  ignore: noNode !== null,
}, async () => {
  await using folder = await tempDir();
  const sync = await startSyncService({ databaseUrl: database.url, port: 0 });
  await using _sync = { [Symbol.asyncDispose]: () => sync.stop() };
  const project = `${folder.path}/project`;
  const node = await npmBinary(NODE_22);
  const library = await installLibrary(folder.path, project);
  // As `npm init -y` writes it.
  await writeFiles(project, { "package.json": '{ "name": "mine", "type": "commonjs" }' });
  const path = `${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`;
  const commandWith = (path: string) => async (name: string, ...args: string[]) => {
    const program = [`${ROOT}/tests/cli/on_node.mjs`, `${library}/cli/${name}/${name}.ts`, name];
    const { code, stdout, stderr } = await new Deno.Command(node, {
      args: [...program, ...args],
      cwd: project,
      stdin: "null",
      clearEnv: true,
      env: { PATH: path, HOME: Deno.env.get("HOME") ?? "" },
      signal: AbortSignal.timeout(60_000),
    }).output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  };
  const command = commandWith(path);
  const options = ["--node", "--database", database.url];
  const silent = await command("init", ...options);
  assert.match(silent.output, /no terminal to ask at: run it with --yes/);
  assert.equal(silent.code, 1);
  const first = await command("init", ...options, "--yes");
  assert.equal(first.code, 0, first.output);
  const second = await command("init", ...options);
  assert.match(second.output, /^All is there: nothing was changed\.$/m);
  await allowNotes(project);
  const unread = await command("check", "--database", database.url);
  assert.match(unread.output, /Electric's grammar, .* libpg-query isn't there: install it/);
  assert.equal(unread.code, 1);
  await linkPackage(library, "libpg-query");
  const checked = await command("check", "--database", database.url);
  assert.match(checked.output, /^electric\/policies\.ts: nothing found\.$/m, checked.output);
  const bare = await commandWith(project)("check", "--database", database.url);
  assert.match(bare.output, /neither deno nor npx on the PATH/);
  assert.equal(bare.code, 1, "and it ends by itself");

  const [port, edgePort] = [freePort(), freePort()];
  const url = `http://127.0.0.1:${edgePort}`;
  await fillIn(project, "electric/.env.example", "electric/.env", sync.url, url);
  const serve = (name: string, port: number) => startAlone(project, port, node, told("node", name));
  await using edge = await serve("edge", edgePort);
  await using gatekeeper = await serve("gatekeeper", port);
  await walk(`http://127.0.0.1:${port}`);
  await Promise.all([edge.stop(), gatekeeper.stop()]);
  assert.deepEqual(await Promise.all([edge.exited, gatekeeper.exited]), [0, 0]);
});

Deno.test("in a Node project of ES modules, no package.json is added", async () => {
  await using folder = await tempDir();
  await writeFiles(folder.path, { "package.json": '{ "type": "module" }' });
  assert.equal((await runIn(folder.path, init, ["--node", "--yes"])).code, 0);
  assert.deepEqual(Object.keys(await readFiles(folder.path)).sort(), [
    "electric/.env.example",
    "electric/edge.ts",
    "electric/gatekeeper.ts",
    "electric/policies.ts",
    "electric/revocations.sql",
    "package.json",
  ]);
});

Deno.test("in a Deno project, what init writes runs with deno serve", async () => {
  await using folder = await tempDir();
  const sync = await startSyncService({ databaseUrl: database.url, port: 0 });
  await using _sync = { [Symbol.asyncDispose]: () => sync.stop() };
  const project = folder.path;
  const { code } = await runIn(project, init, ["--deno", "--yes", "--database", database.url]);
  assert.equal(code, 0);
  const { imports } = JSON.parse(await Deno.readTextFile(`${project}/electric/deno.json`));
  assert.deepEqual(Object.keys(imports), ["electric-gatekeeper", "electric-gatekeeper/edge"]);
  await writeFiles(project, { "electric/deno.json": await repositoryImports() });
  await allowNotes(project);
  const [port, edgePort] = [freePort(), freePort()];
  const url = `http://127.0.0.1:${edgePort}`;
  await fillIn(project, "electric/.env.example", "electric/.env", sync.url, url);
  const serve = (name: string, port: number) =>
    startAlone(project, port, Deno.execPath(), told("deno", name));
  await using _edge = await serve("edge", edgePort);
  await using _gatekeeper = await serve("gatekeeper", port);
  await walk(`http://127.0.0.1:${port}`);
});

Deno.test("for Workers, init writes an edge that workerd runs", {
  ignore: noWorkerd !== null,
}, async () => {
  await using folder = await tempDir();
  await using upstream = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("never asked"),
  );
  const project = folder.path;
  const { code, output } = await runIn(project, init, ["--worker", "--yes"]);
  assert.equal(code, 0);
  assert.match(output, /^create electric\/wrangler\.toml$/m);
  const config = await Deno.readTextFile(`${project}/electric/wrangler.toml`);
  const [, main = ""] = /^main = "(.*)"$/m.exec(config) ?? [];
  const [, date = ""] = /^compatibility_date = "(.*)"$/m.exec(config) ?? [];
  await writeFiles(project, { "electric/deno.json": await repositoryImports() });
  const bundle = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--no-lock", "--platform", "browser", "-o", "worker.js", main],
    cwd: `${project}/electric`,
  }).output();
  assert.ok(bundle.success, new TextDecoder().decode(bundle.stderr));
  const electricUrl = `http://127.0.0.1:${upstream.addr.port}`;
  await fillIn(project, "electric/.dev.vars.example", "electric/.dev.vars", electricUrl, "");
  const variables = (await Deno.readTextFile(`${project}/electric/.dev.vars`))
    .matchAll(/^([A-Z_]+)=(.*)$/gm);
  const bindings = [...variables].map(([, name, text]) => `(name = "${name}", text = "${text}")`);
  const port = freePort();
  await writeFiles(project, {
    "config.capnp": `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "electric/worker.js")],
    bindings = [${bindings.join(", ")}],
    compatibilityDate = "${date}",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);`,
  });
  const url = `http://127.0.0.1:${port}`;
  await using worker = await startProcess({
    name: "workerd",
    command: await npmBinary(WORKERD),
    args: ["serve", "config.capnp"],
    cwd: project,
  }, `${url}/health`);
  const refused = await fetch(`${url}/v1/shape?table=notes&offset=-1`);
  assert.equal(refused.status, 401, worker.lines.join("\n"));
  assert.match((await refused.json()).message, /No good token/);
});
