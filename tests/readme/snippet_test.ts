import { equal, match, ok } from "node:assert/strict";
import { Servers, until } from "../client/servers.ts";
import { ROOT } from "../support/process.ts";
import { blocks, readPage } from "./readme.ts";

const SNIPPETS = blocks((await readPage("docs/clients.md")).text, "ts");
const PLAIN = /const grant = async/;
const LIBRARY = /new ShapeStream\(shape\)/;

/** Runs a snippet of docs/clients.md against these servers, and gathers what it prints. */
function runSnippet(servers: Servers, which = PLAIN) {
  const source = (SNIPPETS.find((text) => which.test(text)) ?? "")
    .replace("electric-gatekeeper/client", "./client/index.ts")
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

for (const [name, which] of [["plain", PLAIN], ["library's", LIBRARY]] as const) {
  Deno.test(`the ${name} snippet prints rows, and goes on with a new token`, async () => {
    await using servers = new Servers();
    servers.add();
    await using snippet = runSnippet(servers, which);
    await until(() => /1 rows/.test(snippet.printed.text));
    servers.revoke();
    await until(() => servers.signed.length === 2);
    servers.add();
    await until(() => /2 rows/.test(snippet.printed.text));
    equal(servers.credentials.length, 2);
  });
}

Deno.test("the library's snippet shows a refusal at renewal", async () => {
  await using servers = new Servers();
  servers.add();
  await using snippet = runSnippet(servers, LIBRARY);
  await until(() => /1 rows/.test(snippet.printed.text));
  servers.gatekeeperStatus = 403;
  servers.revoke();
  await until(() => /refused .*403: Ask someone else\./.test(snippet.printed.text));
});

Deno.test("the plain snippet shows the gatekeeper's refusal, and asks once", async () => {
  await using servers = new Servers();
  servers.gatekeeperStatus = 403;
  await using snippet = runSnippet(servers);
  await until(() => snippet.printed.hasEnded);
  match(snippet.printed.text, /403: Ask someone else\./);
  equal(servers.credentials.length, 1);
});

Deno.test("the plain snippet shows a refusal at renewal, and asks no more", async () => {
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
