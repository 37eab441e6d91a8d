import { deepEqual, equal, ok } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { bundleForWorkers } from "../runtimes/worker.ts";
import { builtPackage } from "../support/package.ts";
import { ROOT } from "../support/process.ts";
import { tempDir } from "../support/temp_dir.ts";

const KIB = 1024;

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

const folder = await builtPackage();
const manifest: Manifest = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));

/** The packages that a subpath imports, by way of its own modules. */
async function packagesOf(subpath: string): Promise<string[]> {
  const entry = manifest.exports[subpath];
  if (typeof entry !== "object") throw new Error(`no ${subpath}`);
  const found = new Set<string>();
  const seen = new Set<string>();
  const walk = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = await Deno.readTextFile(path);
    for (const [, to = ""] of text.matchAll(/(?:from|import\s*\(?)\s*"([\w@./-]+)"/g)) {
      if (to.startsWith(".")) await walk(new URL(to, `file://${path}`).pathname);
      else found.add(to);
    }
  };
  await walk(new URL(entry.default, `file://${folder}/`).pathname);
  return [...found].sort();
}

async function run(...args: string[]): Promise<{ success: boolean; text: string }> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT });
  const { success, stdout, stderr } = await command.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, text: decode(stdout) + decode(stderr) };
}

Deno.test("each part of the package depends on what it needs, and no more", async () => {
  deepEqual(Object.keys(manifest.dependencies), ["jose", "postgres", "quick-lru"]);
  deepEqual(await packagesOf("./edge"), ["jose", "quick-lru"]);
  deepEqual(await packagesOf("./client"), []);
  deepEqual(await packagesOf("./node"), []);
  // Two are optional, and looked for when the first clause is read, and the first policy of rls.
  deepEqual(await packagesOf("."), [
    "jose",
    "libpg-query",
    "pgsql-deparser",
    "postgres",
    "quick-lru",
  ]);
});

Deno.test("the version is that of deno.json and the changelog", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  equal(manifest.version, version);
  const changelog = await Deno.readTextFile(`${ROOT}/CHANGELOG.md`);
  ok(changelog.includes(`\n## ${version}\n`), version);
});

Deno.test("publint finds nothing to say", async () => {
  const { publint } = await import("publint");
  const { formatMessage } = await import("publint/utils");
  const { messages, pkg } = await publint({ pkgDir: folder, pack: false });
  deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

Deno.test("are the types wrong? No", async () => {
  await using temp = await tempDir();
  const packed = await new Deno.Command("npm", {
    args: ["pack", "--silent", "--pack-destination", temp.path],
    cwd: folder,
  }).output();
  ok(packed.success, new TextDecoder().decode(packed.stderr));
  const file = `${temp.path}/electric-gatekeeper-${manifest.version}.tgz`;
  const cli = "npm:@arethetypeswrong/cli@0.18.5";
  const args = ["run", "-A", "--no-lock", "--no-config", cli, file, "--profile", "esm-only"];
  const { success, text } = await run(...args);
  ok(success, text);
});

Deno.test("types check under plain strict, and with all that is stricter", async () => {
  await using temp = await tempDir();
  const source = `import { createServer } from "node:http";
import {
  allow, createGatekeeper, definePolicies, defineShapes, from, ownRows, rows, shape, type StandardSchema, type User,
} from "electric-gatekeeper";
import { createEdge } from "electric-gatekeeper/edge";
import { gatekeeperShape } from "electric-gatekeeper/client";
import { toNodeListener } from "electric-gatekeeper/node";

const policies = definePolicies({
  items: allow,
  todos: ownRows("owner_id"),
  notes: async ({ user, sql }) => {
    const found = await sql\`select 1 as one\`;
    return user !== null && found.length > 0 && rows\`owner_id = \${user.id}\`.columns("id");
  },
});
declare const args: StandardSchema<{ project: string }, { project: string; open: boolean }>;
const shapes = defineShapes({
  own: shape({ get: ({ user }) => user && from("notes").by(ownRows("owner_id")).columns("id") }),
  issues: shape({
    args,
    get: ({ args }) => from("issues").rows\`project = \${args.project} and open = \${args.open}\`,
  }),
});
const user: User = { id: "a", role: "authenticated", claims: {} };
export const gatekeeper = createGatekeeper({ policies, shapes, authenticate: () => user, basePath: "/api" });
createServer(toNodeListener(createEdge({ env: process.env })));
const at = "http://localhost:4000";
export const items = gatekeeperShape({ gatekeeper: at, table: "items" });
export const issues = gatekeeperShape<typeof shapes>({ gatekeeper: at, shape: "issues", args: { project: "a" } });
export const own = gatekeeperShape<typeof shapes>({ gatekeeper: at, shape: "own" });
// @ts-expect-error: it needs its arguments.
gatekeeperShape<typeof shapes>({ gatekeeper: at, shape: "issues" });
// @ts-expect-error: there is no such shape.
gatekeeperShape<typeof shapes>({ gatekeeper: at, shape: "isues", args: { project: "a" } });
`;
  await Deno.mkdir(`${temp.path}/node_modules/@types`, { recursive: true });
  const link = (from: string, to: string) => Deno.symlink(from, `${temp.path}/node_modules/${to}`);
  await link(folder, "electric-gatekeeper");
  await link(await Deno.realPath(`${ROOT}/tests/node_modules/@types/node`), "@types/node");
  await Deno.writeTextFile(`${temp.path}/package.json`, '{"type":"module"}');
  await Deno.writeTextFile(`${temp.path}/app.ts`, source);
  const strict = { strict: true, noEmit: true, target: "ES2022", skipLibCheck: true };
  const stricter = {
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
  };
  for (const more of [{}, stricter]) {
    for (const module of ["NodeNext", "Preserve"]) {
      const compilerOptions = { ...strict, ...more, module, types: ["node"] };
      const config = JSON.stringify({ compilerOptions, files: ["app.ts"] });
      await Deno.writeTextFile(`${temp.path}/tsconfig.json`, config);
      const tsc = new URL("../bin/tsc", import.meta.resolve("typescript")).pathname;
      const args = ["run", "-A", "--config", `${ROOT}/tests/deno.json`, tsc, "-p", temp.path];
      const { success, text } = await run(...args);
      ok(success, `${module} ${Object.keys(more)}\n${text}`);
    }
  }
});

Deno.test("the client is under 3 KiB, the edge for Workers under 60, both gzipped", async () => {
  await using temp = await tempDir();
  const args = ["bundle", "--platform", "browser", "--minify", "-o"];
  const client = `${temp.path}/client.js`;
  const { success, text } = await run(...args, client, `${folder}/client/index.js`);
  ok(success, text);
  const sizeOf = async (path: string) => gzipSync(await Deno.readFile(path)).length;
  const [ofClient, ofWorker] = [
    await sizeOf(client),
    await sizeOf(await bundleForWorkers(temp.path)),
  ];
  console.log(`client ${ofClient} bytes, edge for Workers ${ofWorker} bytes, gzipped`);
  ok(ofClient < 3 * KIB, `${ofClient} bytes`);
  ok(ofWorker < 60 * KIB, `${ofWorker} bytes`);
});
