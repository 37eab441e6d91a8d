import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { testPostgres } from "../support/postgres.ts";

const MAIN = fileURLToPath(new URL("../../dev/sync/main.ts", import.meta.url));

Deno.test("the process says when it is ready and ends at once on SIGTERM", async () => {
  await using running = await testPostgres();
  const sql = postgres(running.url, { max: 1 });
  try {
    await sql`create table held (id int primary key)`;
    await using service = start({ DATABASE_URL: running.url, PORT: "0" });
    const line = await service.firstLine();
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    assert.match(line, /for development only/);
    assert.ok(url !== undefined, line);
    const initial = await fetch(`${url}/v1/shape?table=held&offset=-1`);
    await initial.body?.cancel();
    const handle = initial.headers.get("electric-handle");
    const live = fetch(`${url}/v1/shape?table=held&offset=0_inf&handle=${handle}&live=true`)
      .then((response) => response.body?.cancel(), () => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    const start_ = performance.now();
    service.process.kill("SIGTERM");
    const { code } = await service.process.status;
    const took = performance.now() - start_;
    assert.equal(code, 0);
    assert.ok(took < 1000, `ended after ${took.toFixed()} ms`);
    await live;
  } finally {
    await sql.end();
  }
});

Deno.test("a process that can't run says why in one line", async () => {
  const cases = [
    [{}, /^DATABASE_URL is not set/],
    [{ DATABASE_URL: "postgresql://x", PORT: "abc" }, /^PORT is not a port number/],
    [{ DATABASE_URL: "postgresql://postgres:x@127.0.0.1:1/x" }, /^the sync service can't start: /],
  ] as const;
  await Promise.all(cases.map(async ([env, expected]) => {
    await using service = start(env);
    const [{ code }, error] = await Promise.all([service.process.status, service.error()]);
    assert.equal(code, 1);
    assert.match(error, expected);
    assert.equal(error.trim().split("\n").length, 1, error);
  }));
});

/** Starts `main.ts` with these variables alone. */
function start(env: Readonly<Record<string, string>>) {
  const { PATH = "", HOME = "" } = Deno.env.toObject();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN],
    env: { PATH, HOME, ...env },
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr] = [process.stdout, process.stderr];
  return {
    process,
    error: () => new Response(stderr).text(),
    async firstLine() {
      let text = "";
      for await (const chunk of stdout.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text.includes("\n")) break;
      }
      return text;
    },
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await process.status;
      for (const stream of [stdout, stderr]) if (!stream.locked) await stream.cancel();
    },
  };
}
