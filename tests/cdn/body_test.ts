import { equal, ok, rejects } from "node:assert/strict";
import { writeAll } from "../support/http_reader.ts";
import { openRequest, rawRequest } from "../support/raw_http.ts";
import { EDGES } from "../support/servers.ts";
import { usageOf } from "../support/usage.ts";
import { spelling, tokenOf } from "./users.ts";

const MIB = 1024 * 1024;
const SIZE = 200 * MIB;

/** What upstream sends, and how it ends: each must reach the client as an error, never as a whole body. */
const BROKEN: Readonly<Record<string, { text: string; status?: number }>> = {
  "no answer": { text: "", status: 502 },
  "garbage": { text: "\x16\x03\x01 this isn't HTTP\r\n\r\n", status: 502 },
  "half a head": { text: "HTTP/1.1 200 OK\r\ncontent-le", status: 502 },
  "a body shorter than its length": { text: "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1,2]" },
  "chunks without the last": {
    text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[1,2]\r\n",
  },
  "a bad chunk": {
    text: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[1,2]\r\nzz\r\n0\r\n\r\n",
  },
};

const headers = [["authorization", `Bearer ${await tokenOf("reader")}`]] as const;
const target = spelling(0, { offset: "-1" });

for (const [name, start] of Object.entries(EDGES)) {
  Deno.test(`${name}: what upstream breaks off never looks whole`, async (t) => {
    let text = "";
    await using upstream = new Upstream((socket) => writeAll(socket, text));
    await using edge = await start({ ELECTRIC_URL: upstream.url });
    for (const [what, broken] of Object.entries(BROKEN)) {
      await t.step(what, async () => {
        text = broken.text;
        const request = rawRequest(edge.port, { target, headers });
        if (broken.status === undefined) await rejects(request);
        else equal((await request).status, broken.status);
      });
    }
  });

  Deno.test({
    name: `${name}: a slow reader of 200 MiB fills no memory`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      let sent = 0;
      const piece = new Uint8Array(256 * 1024).fill(32);
      await using upstream = new Upstream(async (socket) => {
        await writeAll(socket, `HTTP/1.1 200 OK\r\ncontent-length: ${SIZE}\r\n\r\n`);
        for (; sent < SIZE; sent += piece.length) await writeAll(socket, piece);
      });
      await using edge = await start({ ELECTRIC_URL: upstream.url });
      using response = await openRequest(edge.port, { target, headers });
      await response.pieces.next();
      await new Promise((resolve) => setTimeout(resolve, 500));
      // What the sockets and the edge hold between them.
      ok(sent < 40 * MIB, `${sent / MIB} MiB were taken from upstream, none of it asked for`);
      let read = 0;
      for await (const { length } of response.pieces) read += length;
      ok(read > SIZE - MIB);
      const { peak } = await usageOf(edge.process.group);
      ok(peak < 200, `${peak} MiB at the peak`);
    },
  });
}

/** A TCP server that answers each request with what `send` writes, and then closes. */
class Upstream implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly url = `http://127.0.0.1:${this.#listener.addr.port}`;
  readonly #done: Promise<void>;

  constructor(private readonly send: (socket: Deno.Conn) => Promise<void>) {
    this.#done = this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#done;
  }

  async #serve(): Promise<void> {
    for await (using socket of this.#listener) {
      await socket.read(new Uint8Array(65536));
      // The edge may have hung up.
      await this.send(socket).catch(() => {});
    }
  }
}
