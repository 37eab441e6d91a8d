import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { Servers, until } from "./servers.ts";

/** `deno task client` as a process. */
class Client implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<unknown>;

  constructor(...args: string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("../../cli/client.ts", import.meta.url).pathname, ...args],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = Promise.all([
      this.#gather(this.#process.stdout, (text) => this.stdout += text),
      this.#gather(this.#process.stderr, (text) => this.stderr += text),
    ]);
  }

  async exit(signal?: Deno.Signal): Promise<number> {
    if (signal) this.#process.kill(signal);
    const { code } = await this.#process.status;
    await this.#output;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    await this.exit();
  }

  async #gather(stream: ReadableStream<BufferSource>, onText: (text: string) => void) {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) onText(text);
  }
}

Deno.test("the example client prints a line for each change and ends with Ctrl-C", async () => {
  await using servers = new Servers();
  servers.add();
  await using client = new Client("--gatekeeper", servers.gatekeeperUrl);
  await until(() => client.stderr.includes("waiting for changes"));
  servers.add();
  await until(() => client.stdout.includes('"2"'));
  assert.equal(client.stdout, 'insert {"id":"1"}\ninsert {"id":"2"}\n');
  assert.equal(await client.exit("SIGINT"), 0);
});

Deno.test("the example client says what is wrong in a line", async (t) => {
  await using servers = new Servers();
  await t.step("nothing runs", async () => {
    const url = `http://127.0.0.1:${freePort()}`;
    await using client = new Client("--gatekeeper", url);
    assert.equal(await client.exit(), 1);
    const line = `The gatekeeper at ${url} doesn't answer. Is \`deno task dev\` running?\n`;
    assert.equal(client.stderr, line);
  });
  await t.step("what can't be asked isn't blamed on dev", async () => {
    // A port that fetch doesn't ask (Fetch standard, "port blocking").
    await using client = new Client("--gatekeeper", "http://127.0.0.1:1");
    assert.equal(await client.exit(), 1);
    assert.equal(client.stderr, "The gatekeeper at http://127.0.0.1:1 doesn't answer.\n");
  });
  await t.step("the gatekeeper says no", async () => {
    servers.gatekeeperStatus = 403;
    await using client = new Client("--gatekeeper", servers.gatekeeperUrl, "secrets");
    assert.equal(await client.exit(), 1);
    assert.equal(
      client.stderr,
      `The gatekeeper at ${servers.gatekeeperUrl} answered 403: Ask someone else.\n`,
    );
  });
  await t.step("an unknown option", async () => {
    await using client = new Client("--colour");
    assert.equal(await client.exit(), 1);
    assert.match(client.stderr, /^Unknown option '--colour'/);
  });
});
