import assert from "node:assert/strict";
import { DCLinter } from "dclint";
import connect from "postgres";
import { startSyncService } from "../../dev/sync/service.ts";
import { noCaddy, startCaddy } from "../caddy/caddy.ts";
import { freePort } from "../support/free_port.ts";
import { testPostgres } from "../support/postgres.ts";
import { ROOT, startProcess } from "../support/process.ts";
import { tempDir } from "../support/temp_dir.ts";
import { readCompose, readDockerfile, readEnvFile, type Service } from "./compose.ts";

const SHELL = {
  AUTH_SECRET: "the secret of the compose test, long enough",
  ELECTRIC_SECRET: "electric-s3cret",
};
const OURS = ["gatekeeper", "edge", "caddy"] as const;

Deno.test("docker-compose.yaml is what the Compose specification says", async () => {
  // Its linter's copy of the specification's schema is kept up to date; its matters of style aren't ours.
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  const violations = (file: string) =>
    linter.lintFiles([file], false).flatMap(({ messages }) =>
      messages.filter(({ rule }) => rule === "invalid-schema").map(({ message }) => message)
    );
  const file = `${ROOT}/docker-compose.yaml`;
  assert.deepEqual(violations(file), []);
  await using folder = await tempDir();
  const misspelled = `${folder.path}/docker-compose.yaml`;
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(misspelled, text.replace("read_only:", "readonly:"));
  assert.equal(violations(misspelled).length, 1);
});

Deno.test("it needs its secrets, waits for health, and pins what it runs", async () => {
  await assert.rejects(readCompose({}), /is missing/);
  const { services } = await readCompose(SHELL);
  assert.deepEqual(Object.keys(services).sort(), ["electric", "postgres", ...OURS].sort());
  for (const { image, build, depends_on, healthcheck } of Object.values(services)) {
    assert.ok(healthcheck.test.length > 1);
    for (const { condition } of Object.values(depends_on ?? {})) {
      assert.equal(condition, "service_healthy");
    }
    const text = build ? await Deno.readTextFile(`${ROOT}/${build.dockerfile}`) : `FROM ${image}`;
    for (const [, from = ""] of text.matchAll(/^FROM (\S+)/gm)) {
      assert.match(from, /:[\w.-]*\d+\.\d+/, "a version");
    }
  }
});

Deno.test("images run as somebody else than root, from files that are there", async () => {
  const ignore = await Deno.readTextFile(`${ROOT}/.dockerignore`);
  for (const name of OURS) {
    const { copies, user } = await readDockerfile(`${name}/Dockerfile`);
    // By number, from 1 on: Kubernetes' runAsNonRoot can't tell who a name is.
    assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
    for (const [from] of copies) {
      assert.ok(ignore.includes(`\n!${from.split("/")[0]}\n`), `${from} is ignored`);
      if (!from.includes("*")) await Deno.stat(`${ROOT}/${from}`);
    }
  }
});

Deno.test("no image's init is doubled, and the gatekeeper finds this machine", async () => {
  const { services } = await readCompose(SHELL);
  for (const { init } of Object.values(services)) assert.equal(init, undefined);
  assert.deepEqual(services["gatekeeper"]?.extra_hosts, ["host.docker.internal:host-gateway"]);
});

Deno.test("each port of this machine can be moved, and the answers follow", async () => {
  const moved = {
    ...SHELL,
    POSTGRES_PORT: "15432",
    GATEKEEPER_PORT: "14000",
    EDGE_PORT: "18000",
    CADDY_PORT: "18080",
  };
  const usual = { postgres: "54321", gatekeeper: "4000", edge: "8000", caddy: "8080" };
  for (const [env, prefix] of [[SHELL, ""], [moved, "1"]] as const) {
    const { services } = await readCompose(env);
    for (const [name, port] of Object.entries(usual)) {
      const expected = name === "postgres" && prefix ? "15432" : prefix + port;
      const [address, published] = services[name]?.ports?.[0]?.split(":") ?? [];
      assert.deepEqual([address, published], ["127.0.0.1", expected], name);
    }
    for (
      const [file, name, path] of [[null, "gatekeeper", "/proxy"], [".env.edge", "edge", ""], [
        ".env.caddy",
        "caddy",
        "",
      ]] as const
    ) {
      const chosen = file ? await readEnvFile(file, env) : {};
      const { services } = await readCompose({ ...env, ...chosen });
      const url = services["gatekeeper"]?.environment["ELECTRIC_PROXY_URL"];
      assert.equal(url, `http://localhost:${prefix}${usual[name]}${path}`);
    }
  }
});

/** An image of ours as a folder and a process: its files, its build steps, its command. */
async function startService(
  name: string,
  { environment, healthcheck }: Service,
  hosts: (text: string) => string,
  stack: AsyncDisposableStack,
): Promise<string> {
  const folder = stack.use(await tempDir());
  const { copies, runs, command: [program, ...args] } = await readDockerfile(`${name}/Dockerfile`);
  const env = { DENO_DIR: `${folder.path}/cache` };
  for (const [from, to] of copies) {
    await run(
      "sh",
      ["-c", `mkdir -p "$(dirname ${to}x)" && cp -r ${ROOT}/${from} ${to}`],
      folder.path,
    );
  }
  assert.equal(program, "deno");
  for (const step of runs) {
    const [, ...words] = step.split(" ");
    await run(Deno.execPath(), words, folder.path, env);
  }
  const port = freePort();
  const own = environment["PORT"] ?? "";
  const health = healthcheck.test.at(-1)?.replace(`:${own}`, `:${port}`);
  const settings = Object.entries(environment).map(([key, value]) => [key, hosts(value ?? "")]);
  const process = await startProcess({
    name,
    args,
    cwd: folder.path,
    env: { ...env, ...Object.fromEntries(settings), PORT: `${port}` },
  }, health);
  stack.use(process);
  return `http://127.0.0.1:${port}`;
}

async function run(program: string, args: string[], cwd: string, env = {}): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd, env }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** What Postgres's image does with a new volume: runs the scripts of its init folder, by name. */
async function initialise(databaseUrl: string): Promise<void> {
  const { services } = await readCompose(SHELL);
  const mounts = services["postgres"]?.volumes?.map((volume) => volume.split(":")) ?? [];
  const [from = ""] = mounts.find(([, to]) => to === "/docker-entrypoint-initdb.d") ?? [];
  const folder = `${ROOT}/${from}`;
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const sql = connect(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    for (const name of names) await sql.file(`${folder}/${name}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

Deno.test("each service's command, in its environment, does its part", async (t) => {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await testPostgres());
  const sync = await startSyncService({
    databaseUrl: postgres.url,
    port: 0,
    secret: SHELL.ELECTRIC_SECRET,
  });
  stack.defer(() => sync.stop());
  await initialise(postgres.url);
  const { port } = new URL(postgres.url);
  const hosts = (text: string | null) =>
    (text ?? "").replace("@postgres:5432", `@127.0.0.1:${port}`)
      .replace("http://electric:3000", `http://127.0.0.1:${sync.port}`);

  for (
    const [file, proxy] of [[null, "gatekeeper"], [".env.edge", "edge"], [".env.caddy", "caddy"]]
  ) {
    const missing = proxy === "caddy" ? noCaddy : null;
    await t.step({
      name: `${proxy} is the proxy${missing ? ` (skipped: ${missing})` : ""}`,
      ignore: missing !== null,
      fn: async () => {
        await using open = new AsyncDisposableStack();
        const chosen = file ? await readEnvFile(file) : {};
        const { services } = await readCompose({ ...SHELL, ...chosen });
        const { gatekeeper, edge, caddy } = services;
        assert.ok(gatekeeper && edge && caddy);
        const url = await startService("gatekeeper", gatekeeper, hosts, open);
        const granted = await fetch(`${url}/gatekeeper/items`, { method: "POST" });
        const { headers, ...grant } = await granted.json();
        let base = url;
        const all = (text: string | null) => hosts(text).replace("http://gatekeeper:4000", url);
        if (proxy === "edge") base = await startService("edge", edge, all, open);
        if (proxy === "caddy") {
          const env = Object.entries(caddy.environment).map((
            [key, value],
          ) => [key, hosts(value ?? "")]);
          base = open.use(await startCaddy(Object.fromEntries(env))).url;
        }
        const published = services[proxy ?? ""]?.environment["PORT"];
        const path = new URL(grant.url).pathname;
        assert.equal(new URL(grant.url).port, published, "the gatekeeper names this proxy");
        const shape = await fetch(`${base}${path}?table=items&offset=-1`, { headers });
        assert.equal(shape.status, 200);
        assert.match(await shape.text(), /snapshot-end/);
      },
    });
  }
});
