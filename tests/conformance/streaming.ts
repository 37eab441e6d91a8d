import assert from "node:assert/strict";
import type { Check } from "./check.ts";

const CHUNKED = [["transfer-encoding", "chunked"]] as const;
const ACCEPT = [["accept-encoding", "gzip, br"]] as const;

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** Milliseconds until a promise settles, or 5000. */
async function took(promise: Promise<unknown>): Promise<number> {
  const start = performance.now();
  let timer;
  const late = new Promise((resolve) => timer = setTimeout(resolve, 5000));
  await Promise.race([promise, late]);
  clearTimeout(timer);
  return performance.now() - start;
}

/** Bodies in pieces, and clients that leave. */
export const streaming: readonly Check[] = [
  ["a body's first piece arrives before the last is sent", async (subject) => {
    const sse = [["content-type", "text/event-stream"], ["cache-control", "public, max-age=59"]];
    for (const type of [[["content-type", "application/json"]], sse]) {
      const rest = Promise.withResolvers<void>();
      const headers = [
        ...type.map(([name = "", value = ""]) => [name, value] as const),
        ...CHUNKED,
      ];
      subject.tap.reset({
        headers,
        stream: async (write) => {
          await write(chunk("data: 1\n\n"));
          await rest.promise;
          await write(`${chunk("data: 2\n\n")}0\r\n\r\n`);
        },
      });
      using response = await subject.open({ headers: ACCEPT, query: "table=items&live=true" });
      const first = await response.pieces.next();
      assert.equal(new TextDecoder().decode(first.value), "data: 1\n\n");
      rest.resolve();
      let text = "";
      for await (const piece of response.pieces) text += new TextDecoder().decode(piece);
      assert.equal(text, "data: 2\n\n");
      const names = response.headers.map(([name]) => name.toLowerCase());
      assert(!names.includes("content-length"));
    }
  }],
  ["a body that breaks off upstream isn't ended as if whole", async (subject) => {
    subject.tap.reset({
      headers: CHUNKED,
      stream: async (write) => {
        await write(chunk("[1,"));
        throw new Error("cut");
      },
    });
    await assert.rejects(subject.ask());
  }],
  ["a client that leaves a held request frees it upstream", async (subject) => {
    if (!subject.habits.tellsOfLeaving) return;
    subject.tap.reset("hang");
    const socket = await subject.send({ query: "table=items&live=true" });
    const { closed } = await subject.tap.arrived();
    socket.close();
    const ms = await took(closed);
    assert(ms < 1000, `after ${ms} ms`);
  }],
  ["a client that leaves in the middle of a body frees it upstream", async (subject) => {
    if (!subject.habits.tellsOfLeaving) return;
    for (const headers of [[], ACCEPT]) {
      subject.tap.reset({
        headers: [...CHUNKED, ["content-type", "text/event-stream"]],
        stream: async (write) => {
          await write(chunk("data: 1\n\n"));
          await new Promise<never>(() => {});
        },
      });
      const response = await subject.open({ headers });
      await response.pieces.next();
      const { closed } = subject.tap.request;
      response[Symbol.dispose]();
      const ms = await took(closed);
      assert(ms < 1000, `after ${ms} ms`);
    }
  }],
  ["many clients leaving at once leave nothing held", async (subject) => {
    if (!subject.habits.tellsOfLeaving) return;
    subject.tap.reset("hang");
    const sockets = await Promise.all(Array.from({ length: 20 }, () => subject.send()));
    while (subject.tap.requests.length < 20) await new Promise((done) => setTimeout(done, 5));
    for (const socket of sockets) socket.close();
    const ms = await took(Promise.all(subject.tap.requests.map(({ closed }) => closed)));
    assert(ms < 1500, `after ${ms} ms`);
  }],
];
