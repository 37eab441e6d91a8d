import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { ShapeStream } from "@electric-sql/client";
import postgres, { type Sql } from "postgres";
import { gatekeeperShape } from "../../client/index.ts";
import { BUN, NODE_22, WORKERD } from "../runtimes/binaries.ts";
import { freePort } from "../support/free_port.ts";
import { npmBinary, whyMissing } from "../support/npm_binary.ts";
import { startProcess } from "../support/process.ts";
import { AUTH_SECRET } from "../support/servers.ts";
import { tempDir } from "../support/temp_dir.ts";
import { buildPackage, SERVE_ROUTE, writeNodeProject } from "./node_project.ts";
import { writeProject } from "./project.ts";
import { readPage } from "./readme.ts";

const noBinary = whyMissing(NODE_22) ?? whyMissing(BUN) ?? whyMissing(WORKERD);
if (noBinary !== null) console.log(`the docs' recipes skipped: ${noBinary}`);

/** Of the example's seed. */
const ALICE = "00000000-0000-4000-8000-00000000a11c";

/** Postgres with the example in it, a sync service, a gatekeeper and an edge. */
async function startDev() {
  const folder = await tempDir();
  const [postgresPort, sync, gatekeeper, edge] = [freePort(), freePort(), freePort(), freePort()];
  const process = await startProcess({
    name: "deno task dev",
    args: ["task", "dev"],
    env: {
      AUTH_SECRET,
      DEV_DATA: folder.path,
      DEV_POSTGRES_PORT: `${postgresPort}`,
      DEV_SYNC_PORT: `${sync}`,
      DEV_GATEKEEPER_PORT: `${gatekeeper}`,
      DEV_EDGE_PORT: `${edge}`,
    },
  }, `http://localhost:${edge}/health`);
  const databaseUrl = `postgresql://postgres:password@localhost:${postgresPort}/electric`;
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  return {
    sql,
    databaseUrl,
    gatekeeper: `http://localhost:${gatekeeper}`,
    edge: `http://localhost:${edge}`,
    /** The settings of a server in front of it. */
    env: { AUTH_SECRET, DATABASE_URL: databaseUrl, ELECTRIC_URL: `http://localhost:${sync}` },
    async [Symbol.asyncDispose]() {
      await sql.end();
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Syncs `items` with the official client, and sees a row that is inserted meanwhile. */
async function seesNewRow(gatekeeper: string, sql: Sql): Promise<void> {
  const over = new AbortController();
  const value = crypto.randomUUID();
  const shape = gatekeeperShape({ gatekeeper, table: "items", signal: over.signal });
  const stream = new ShapeStream(shape);
  const timer = setTimeout(() => over.abort(), 10_000);
  try {
    ok(
      await new Promise<boolean>((resolve) => {
        let inserted = false;
        over.signal.addEventListener("abort", () => resolve(false));
        stream.subscribe((messages) => {
          if (messages.some((message) => "value" in message && message.value["value"] === value)) {
            resolve(true);
          }
          if (inserted || !stream.isUpToDate) return;
          inserted = true;
          void sql`insert into items (value) values (${value})`.execute();
        }, () => resolve(false));
      }),
      "the row didn't arrive",
    );
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

const ask = async (url: string, headers: Record<string, string> = {}) => {
  const response = await fetch(url, { method: "POST", headers });
  return { status: response.status, body: await response.json() };
};

/** An edge that a token opens: it gives the rows of `items`. */
async function checkSyncsItems(edge: string, headers: HeadersInit): Promise<void> {
  const response = await fetch(`${edge}/v1/shape?table=items&offset=-1`, { headers });
  equal(response.status, 200);
  match(await response.text(), /snapshot-end/);
}

/** What every mounted gatekeeper does: rows, and refusals at both of its doors. */
async function checkMounted(mounted: string, sql: Sql): Promise<void> {
  equal((await ask(`${mounted}/gatekeeper/todos`)).status, 403);
  const { status, body } = await ask(`${mounted}/gatekeeper/items`);
  equal(status, 200);
  equal(body.url, `${mounted}/proxy/v1/shape`);
  const other = await fetch(`${body.url}?table=items&offset=-1&where=true`, {
    headers: body.headers,
  });
  equal(other.status, 403);
  await other.body?.cancel();
  await seesNewRow(mounted, sql);
}

/** How each recipe of docs/mounting.md is started, and whether it has a page of its own. */
const RECIPES: readonly [name: string, args: string[], hasApp: boolean][] = [
  ["Hono", ["hono.ts"], true],
  ["Next.js", [SERVE_ROUTE, "./app/api/sync/[...path]/route.ts"], false],
  ["TanStack Start", [SERVE_ROUTE, "./src/routes/api/sync/$.ts"], false],
  ["Express", ["express.ts"], true],
  ["Node's http", ["node.ts"], true],
];

Deno.test("the docs' recipes sync rows", { ignore: noBinary !== null }, async (t) => {
  await buildPackage();
  await using dev = await startDev();
  await using folder = await tempDir();
  const node = await npmBinary(NODE_22);
  await writeNodeProject(await readPage("docs/mounting.md"), folder.path);

  const start = async (args: readonly string[], env: Record<string, string> = {}) => {
    const port = freePort();
    const mounted = `http://localhost:${port}/api/sync`;
    const process = await startProcess({
      name: args.join(" "),
      command: node,
      args: ["--disable-warning=ExperimentalWarning", ...args],
      cwd: folder.path,
      env: { ...dev.env, PORT: `${port}`, ELECTRIC_PROXY_URL: `${mounted}/proxy`, ...env },
    }, `${mounted}/health`);
    return { mounted, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
  };

  for (const [name, args, hasApp] of RECIPES) {
    await t.step(name, async () => {
      await using server = await start(args);
      await checkMounted(server.mounted, dev.sql);
      if (!hasApp) return;
      const app = await fetch(new URL("/", server.mounted));
      equal(await app.text(), "The app itself.");
    });
  }

  await t.step("Node's http ends on SIGTERM, with a request held", async () => {
    await using server = await start(["node.ts"]);
    const { body } = await ask(`${server.mounted}/gatekeeper/items`);
    const { headers } = body;
    const first = await fetch(`${body.url}?table=items&offset=now`, { headers });
    await first.body?.cancel();
    const handle = first.headers.get("electric-handle");
    const offset = first.headers.get("electric-offset");
    const held = fetch(`${body.url}?table=items&offset=${offset}&handle=${handle}&live=true`, {
      headers,
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.process.stop();
    const { status } = await held.then((response) => response.text().then(() => response));
    equal(status, 503);
  });

  await t.step("your own users, and your own pool", async () => {
    await dev.sql`create table sessions (secret text, user_id uuid, ends_at timestamptz)`;
    await dev.sql`insert into sessions values
      ('good', ${ALICE}, now() + '1 hour'), ('old', ${ALICE}, now() - '1 hour'::interval)`;
    const { databaseUrl } = dev;
    const env = { DATABASE_URL: "", APP_DATABASE_URL: databaseUrl, BOT_KEY: "the bot's" };
    await using server = await start(["own-users.ts"], env);
    const todos = `${server.mounted}/gatekeeper/todos`;
    const { status, body } = await ask(todos, { cookie: "a=b; session=good" });
    equal(status, 200);
    deepEqual(body.params.params, { "1": ALICE });
    equal((await ask(todos, { cookie: "session=old" })).status, 403);
    equal((await ask(todos)).status, 403);
    equal((await ask(todos, { authorization: "Bearer x" })).status, 401);
    const items = `${server.mounted}/gatekeeper/items`;
    equal((await ask(items, { "x-api-key": "the bot's" })).status, 200);
  });

  await t.step("cookies go to the gatekeeper alone", async () => {
    await using own = await tempDir();
    const names = await writeProject(await readPage("docs/mounting.md"), own.path);
    const [path = ""] = await filesWith(own.path, names, "credentials");
    const text = (await Deno.readTextFile(path))
      .replace("https://api.example/api/sync", dev.gatekeeper).replace(`"todos"`, `"items"`);
    await Deno.writeTextFile(path, `${RECORD_CREDENTIALS}${text}${SYNC_ONCE}`);
    const sent = (await runFile(path, own.path)).trim().split("\n");
    deepEqual(sent.slice(0, 2), ["/gatekeeper/items include", "/v1/shape undefined"]);
  });

  await t.step("docs/add-to-your-project.md on Node, Bun and Deno", async () => {
    await using own = await tempDir();
    const page = await readPage("docs/add-to-your-project.md");
    await writeNodeProject(page, own.path);
    const [gatekeeperPort, edgePort, bunPort, denoPort] = Array.from({ length: 4 }, freePort);
    const run = (command: string, args: string[], port = 0) =>
      startProcess({
        name: args.join(" "),
        command,
        args,
        cwd: own.path,
        env: { ...dev.env, PORT: `${port}`, ELECTRIC_PROXY_URL: `http://localhost:${edgePort}` },
      }, `http://localhost:${port}/health`);
    await using _gatekeeper = await run(node, ["gatekeeper.ts"], gatekeeperPort);
    await using _edge = await run(node, ["edge.ts"], edgePort);
    const { status, body } = await ask(`http://localhost:${gatekeeperPort}/gatekeeper/todos`);
    equal(status, 403);
    match(body.message, /You may not sync table todos\./);
    await using _bun = await run(await npmBinary(BUN), ["bun.ts"], bunPort);
    const serve = ["serve", "--allow-net", "--allow-env", "--allow-read"];
    const onDeno = [...serve, "--port", `${denoPort}`, "main.ts"];
    await using _deno = await run(Deno.execPath(), onDeno, denoPort);
    const { body: { headers } } = await ask(`${dev.gatekeeper}/gatekeeper/items`);
    for (const port of [edgePort, bunPort]) {
      await checkSyncsItems(`http://localhost:${port}`, headers);
    }
  });

  await t.step("docs/add-to-your-project.md on Cloudflare Workers", async () => {
    await using own = await tempDir();
    await writeProject(await readPage("docs/add-to-your-project.md"), own.path);
    await bundleWorker(own.path);
    const port = freePort();
    await Deno.writeTextFile(join(own.path, "config.capnp"), workerdConfig(port, dev.env));
    await using _workerd = await startProcess({
      name: "workerd",
      command: await npmBinary(WORKERD),
      args: ["serve", "config.capnp"],
      cwd: own.path,
    }, `http://127.0.0.1:${port}/health`);
    const { body: { headers } } = await ask(`${dev.gatekeeper}/gatekeeper/items`);
    await checkSyncsItems(`http://127.0.0.1:${port}`, headers);
  });

  await t.step("docs/tokens.md: a token of one's own opens its shape", async () => {
    await using own = await tempDir();
    await writeNodeProject(await readPage("docs/tokens.md"), own.path);
    const source = `import("./sign.ts").then(async ({ openTodos }) =>
      console.log(JSON.stringify(await openTodos("${ALICE}"))))`;
    const command = new Deno.Command(node, {
      args: ["--disable-warning=ExperimentalWarning", "-e", source],
      cwd: own.path,
      env: { AUTH_SECRET, ELECTRIC_PROXY_URL: dev.edge },
    });
    const options = JSON.parse(new TextDecoder().decode((await command.output()).stdout));
    const over = new AbortController();
    const rows = await new Promise<string[]>((resolve, reject) => {
      const stream = new ShapeStream({ ...options, signal: over.signal });
      const titles: string[] = [];
      stream.subscribe((messages) => {
        for (const message of messages) {
          if ("value" in message) titles.push(String(message.value["title"]));
        }
        if (stream.isUpToDate) resolve(titles);
      }, reject);
    }).finally(() => over.abort());
    deepEqual(rows.toSorted(), ["Call Bob", "Test the anvil"]);
  });

  await t.step("docs/clients.md: a collection of TanStack DB has the rows", async () => {
    await using own = await tempDir();
    await writeProject(await readPage("docs/clients.md"), own.path);
    const path = join(own.path, "items_collection.ts");
    const text = await Deno.readTextFile(path);
    const show = `await items.preload();\nconsole.log(\`\${items.size} items\`);\nDeno.exit(0);\n`;
    await Deno.writeTextFile(path, text.replace("http://localhost:4000", dev.gatekeeper) + show);
    match(await runFile(path, own.path), /^[1-9]\d* items/m);
  });
});

Deno.test("docs/policies.md has policies that can be put together, and tests of them that pass", async () => {
  await using folder = await tempDir();
  await using dev = await startDev();
  const names = await writeProject(await readPage("docs/policies.md"), folder.path);
  ok(names.length >= 3);
  for (const name of names) await runFile(name, folder.path, dev.env);
});

Deno.test("docs/upgrading.md takes the example away, and nothing else", async () => {
  const { text } = await readPage("docs/upgrading.md");
  const statements = /```sql\n(.*?)\n```/s.exec(text)?.[1] ?? "";
  await using dev = await startDev();
  await dev.sql`create table public.mine (id int primary key)`;
  await dev.sql.unsafe(statements);
  const left = await dev.sql<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public'`;
  deepEqual(left.map(({ name }) => name), ["mine"]);
  // The migration that revokes is no example.
  const noted = await dev.sql<{ name: string }[]>`
    select name from supabase_migrations.schema_migrations`;
  deepEqual(noted.map(({ name }) => name), ["gatekeeper_revocations"]);
});

/** Makes one file of `worker.ts`, as wrangler does. */
async function bundleWorker(folder: string): Promise<void> {
  const config = join(folder, "deno.json");
  const text = await Deno.readTextFile(config);
  // workerd brings this module; the project has a stand-in for types.
  await Deno.writeTextFile(config, text.replace(/"cloudflare:workers":"[^"]*",?/, ""));
  const target = ["--platform", "browser", "--external", "cloudflare:workers"];
  const command = new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...target, "-o", "bundle.js", "worker.ts"],
    cwd: folder,
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const workerdConfig = (port: number, env: { AUTH_SECRET: string; ELECTRIC_URL: string }) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .edge),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const edge :Workerd.Worker = (
  modules = [(name = "bundle.js", esModule = embed "bundle.js")],
  compatibilityDate = "2026-01-01",
  bindings = [
    (name = "AUTH_SECRET", text = "${env.AUTH_SECRET}"),
    (name = "ELECTRIC_URL", text = "${env.ELECTRIC_URL}"),
  ],
);
`;

/** Notes with which credentials each request goes, which on Deno makes no difference. */
const RECORD_CREDENTIALS = `
import { ShapeStream } from "@electric-sql/client";
const original = globalThis.fetch;
globalThis.fetch = (input, init) => {
  console.log(new URL(String(input)).pathname, init?.credentials);
  return original(input, init);
};
`;
const SYNC_ONCE = `
const stream = new ShapeStream(todos);
stream.subscribe(() => Deno.exit(0));
`;

/** The files of a project that hold a text. */
async function filesWith(
  folder: string,
  names: readonly string[],
  text: string,
): Promise<string[]> {
  const paths = names.map((name) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  return paths.filter((_, i) => texts[i]?.includes(text));
}

/** Runs a file on Deno; gives what it printed, or throws with what it said. */
async function runFile(
  path: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", path], cwd, env });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
