import { deepEqual, ok } from "node:assert/strict";
import { OTHER_EDGES } from "./edges.ts";

/** Sends requests one after another on one connection; gives the statuses that came. */
async function statusesOf(port: number, requests: readonly string[]): Promise<string[]> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const late = setTimeout(() => socket.close(), 8000);
  const statuses: string[] = [];
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  try {
    for (const request of requests) {
      const bytes = new TextEncoder().encode(request);
      for (let sent = 0; sent < bytes.length;) sent += await socket.write(bytes.subarray(sent));
      let text = "";
      while (!/\r\n\r\n.*\}/s.test(text)) {
        const read = await socket.read(buffer);
        if (read === null) break;
        text += decoder.decode(buffer.subarray(0, read));
      }
      statuses.push(/HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? "nothing");
    }
  } catch (error) {
    statuses.push(`${error}`);
  } finally {
    clearTimeout(late);
    try {
      socket.close();
    } catch {
      // It was late.
    }
  }
  return statuses;
}

for (const { name, missing, start } of OTHER_EDGES.filter(({ name }) => /Node|Bun/.test(name))) {
  Deno.test({
    name: `a body that is refused leaves the connection to ${name} of use${
      missing ? ` (skipped: ${missing})` : ""
    }`,
    ignore: missing !== null,
    fn: async () => {
      await using edge = await start({ ELECTRIC_URL: "http://127.0.0.1:1" });
      const body = "x".repeat(300_000);
      const post = "POST /v1/shape?table=items HTTP/1.1\r\nhost: edge\r\n" +
        `content-length: ${body.length}\r\n\r\n${body}`;
      const get = "GET /health HTTP/1.1\r\nhost: edge\r\n\r\n";
      const began = performance.now();
      deepEqual(await statusesOf(edge.port, [post, get]), ["401", "200"]);
      ok(performance.now() - began < 4000);
    },
  });
}
