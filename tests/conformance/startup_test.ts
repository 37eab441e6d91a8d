import assert from "node:assert/strict";
import { applyMigrations } from "../../dev/migrations.ts";
import { freePort } from "../support/free_port.ts";
import { copyEdge, deno214Path, noDeno214 } from "../support/older_deno.ts";
import { testPostgres } from "../support/postgres.ts";
import { type ProcessOptions, ROOT, startProcess } from "../support/process.ts";
import {
  ALLOW_ALL,
  AUTH_SECRET,
  EDGE,
  GATEKEEPER,
  serve214,
  serveArgs,
} from "../support/servers.ts";

type Env = Readonly<Record<string, string>>;

const PROXY = { AUTH_SECRET, ELECTRIC_URL: "http://127.0.0.1:1" };
const GATEKEEPER_ENV = {
  ...PROXY,
  DATABASE_URL: `postgresql://postgres:pa55word@127.0.0.1:${freePort()}/electric`,
};

/** Values that stop any proxy, by the variable that the message must name. */
const BAD_PROXY: readonly (readonly [name: string, value: string])[] = [
  ["AUTH_SECRET", ""],
  ["AUTH_SECRET", "x".repeat(31)],
  ["AUTH_SECRET", `-----BEGIN${"x".repeat(31)}`],
  ["ELECTRIC_URL", ""],
  ["ELECTRIC_URL", "localhost:3000"],
  ["ELECTRIC_URL", "ftp://localhost"],
  ["ELECTRIC_URL", "http://user:pa55word@localhost"],
  ["ELECTRIC_URL", "http://localhost?secret=pa55word"],
  ["ELECTRIC_TIMEOUT", "soon"],
  ["ELECTRIC_TIMEOUT", "0"],
  ["AUTH_CLOCK_TOLERANCE", "-1"],
  ["AUTH_REVOCATIONS_MAX_AGE", "0"],
  ["AUTH_REVOCATIONS_MAX_AGE", "29"],
  ["AUTH_REVOCATIONS_REQUIRED", "yes"],
  ["AUTH_JWKS", "{}"],
];

const BAD_GATEKEEPER: typeof BAD_PROXY = [
  ...BAD_PROXY.filter(([name]) => name !== "AUTH_JWKS"),
  ["DATABASE_URL", ""],
  ["DATABASE_URL", "mysql://root:pa55word@localhost/x"],
  ["DATABASE_URL", GATEKEEPER_ENV.DATABASE_URL],
  ["SUPABASE_URL", "project.supabase.co"],
  ["SUPABASE_JWT_SECRET", "too short"],
  ["USER_JWKS_URL", "https://login.example/keys?x=1"],
  ["PORT", "http"],
  ["PORT", "65536"],
  ["AUTH_TOKEN_TTL", "0"],
  ["ELECTRIC_PROXY_URL", "sync.example"],
  ["AUTH_PRIVATE_JWK", '{"kty":"oct","k":"pa55word"}'],
];

/** Checks that a process ends with exit code 1 and one line, which names the variable. */
async function assertStops(name: string, value: string, options: ProcessOptions): Promise<void> {
  await using process = await startProcess(options);
  const timer = setTimeout(() => process.stop(), 10_000);
  const code = await process.exited;
  clearTimeout(timer);
  const log = process.lines.join("\n");
  assert.equal(code, 1, `${name}=${value}\n${log}`);
  // deno serve listens while the server reads its settings.
  const told = process.lines.filter((line) => !line.startsWith("deno serve: "));
  assert.equal(told.length, 1, log);
  assert.match(told[0] ?? "", new RegExp(`^\\w+: .*${name}`), log);
  assert.doesNotMatch(log, /pa55word|xxxx/);
}

/** Two at a time, for a process is mostly start-up. */
async function assertAllStop(
  base: Env,
  bad: typeof BAD_PROXY,
  options: (env: Env) => ProcessOptions,
): Promise<void> {
  const left = [...bad];
  const work = async () => {
    for (let next; (next = left.shift()) !== undefined;) {
      const [name, value] = next;
      const others = /^AUTH_(JWKS|PRIVATE_JWK)$/.test(name) ? { AUTH_SECRET: "" } : {};
      await assertStops(name, value, options({ ...base, ...others, [name]: value }));
    }
  };
  await Promise.all([work(), work()]);
}

Deno.test("a bad variable stops the edge with one line that names it", async () => {
  const args = ["serve", "-NE", "--port", "0", EDGE];
  const bad = [...BAD_PROXY, ["AUTH_PRIVATE_JWK", "{}"]] as const;
  await assertAllStop(PROXY, bad, (env) => ({ name: "edge", args, env }));
  const both = { ...PROXY, AUTH_JWKS: "{}" };
  await assertStops("AUTH_SECRET and AUTH_JWKS", "", { name: "edge", args, env: both });
});

Deno.test("a bad PORT stops the edge where it listens by itself", async () => {
  const args = serveArgs(EDGE);
  const bad = ["http", "65536", "-1"].map((port) => ["PORT", port] as const);
  await assertAllStop(PROXY, bad, (env) => ({ name: "edge", args, env }));
});

Deno.test({
  name: "a bad variable stops the edge on Deno 2.1.4 too",
  ignore: noDeno214 !== null,
  fn: async () => {
    await using folder = await copyEdge();
    const command = await deno214Path();
    const args = serve214(freePort());
    const cwd = folder.path;
    const bad = BAD_PROXY.slice(0, 4);
    await assertAllStop(PROXY, bad, (env) => ({ name: "edge", command, cwd, args, env }));
  },
});

Deno.test("a PORT or HOST that can't be had stops both servers with one line that names it", async () => {
  await using postgres = await testPostgres();
  await applyMigrations(postgres.url, ROOT, () => {});
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const users = { SUPABASE_JWT_SECRET: AUTH_SECRET };
  const base = { ...PROXY, ...users, DATABASE_URL: postgres.url, HOST: "127.0.0.1", PORT: "0" };
  const servers = {
    edge: serveArgs(EDGE),
    gatekeeper: serveArgs(ALLOW_ALL, "-A"),
  };
  for (const [name, args] of Object.entries(servers)) {
    const bad = [["PORT", `${port}`], ["HOST", "192.0.2.1"], ["HOST", "no host"]] as const;
    await assertAllStop(base, bad, (env) => ({ name, args, env }));
  }
});

Deno.test("both servers listen where HOST says, by default everywhere", async () => {
  await using postgres = await testPostgres();
  const base = { ...PROXY, DATABASE_URL: postgres.url };
  const servers = {
    edge: serveArgs(EDGE),
    gatekeeper: serveArgs(ALLOW_ALL, "-A"),
  };
  for (const [name, args] of Object.entries(servers)) {
    for (const [host, others] of [["127.0.0.1", false], ["", true]] as const) {
      const port = freePort();
      const env = { ...base, HOST: host, PORT: `${port}` };
      const health = `http://127.0.0.1:${port}/health`;
      await using server = await startProcess({ name, args, env }, health);
      assert.match(server.lines.join("\n"), /listening on http:\/\/(127\.0\.0\.1|0\.0\.0\.0):/);
      // All of 127.0.0.0/8 is this machine, on Linux.
      if (Deno.build.os !== "linux") continue;
      const reached = await Deno.connect({ hostname: "127.0.0.2", port }).then((socket) => {
        socket.close();
        return true;
      }, () => false);
      assert.equal(reached, others, `${name} HOST=${host}`);
    }
  }
});

Deno.test("a bad variable stops the gatekeeper with one line that names it", async () => {
  const args = serveArgs(GATEKEEPER, "-A");
  await assertAllStop(GATEKEEPER_ENV, BAD_GATEKEEPER, (env) => ({ name: "gatekeeper", args, env }));
});
