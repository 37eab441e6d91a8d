import { equal, match, ok } from "node:assert/strict";
import { Servers, until } from "../client/servers.ts";
import { ROOT } from "../support/process.ts";
import { blocks } from "./readme.ts";

const README = await Deno.readTextFile(`${ROOT}/README.md`);

/** Runs the README's snippet against these servers, and gathers what it prints. */
function runSnippet(servers: Servers) {
  const source = (blocks(README, "ts").find((text) => text.includes("new ShapeStream")) ?? "")
    .replace("http://localhost:4000", servers.gatekeeperUrl);
  const process = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", source],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = { text: "", hasEnded: false };
  const gather = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) printed.text += text;
  };
  const done = Promise.all([gather(process.stdout), gather(process.stderr), process.status]);
  done.then(() => printed.hasEnded = true);
  return {
    printed,
    async [Symbol.asyncDispose]() {
      if (!printed.hasEnded) process.kill("SIGKILL");
      await done;
    },
  };
}

Deno.test("the README's snippet prints rows, and goes on with a new token", async () => {
  await using servers = new Servers();
  servers.add();
  await using snippet = runSnippet(servers);
  await until(() => /1 rows/.test(snippet.printed.text));
  servers.revoke();
  await until(() => servers.signed.length === 2);
  servers.add();
  await until(() => /2 rows/.test(snippet.printed.text));
  equal(servers.credentials.length, 2);
});

Deno.test("the README's snippet shows the gatekeeper's refusal, and asks once", async () => {
  await using servers = new Servers();
  servers.gatekeeperStatus = 403;
  await using snippet = runSnippet(servers);
  await until(() => snippet.printed.hasEnded);
  match(snippet.printed.text, /403: Ask someone else\./);
  equal(servers.credentials.length, 1);
});

Deno.test("the README's snippet shows a refusal at renewal, and asks no more", async () => {
  await using servers = new Servers();
  servers.add();
  await using snippet = runSnippet(servers);
  await until(() => /1 rows/.test(snippet.printed.text));
  servers.gatekeeperStatus = 403;
  servers.revoke();
  await until(() => /403: Ask someone else\./.test(snippet.printed.text));
  // That nothing more comes can't be awaited.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  equal(servers.credentials.length, 2);
  ok(servers.statuses.filter((status) => status === 401).length <= 1);
});
