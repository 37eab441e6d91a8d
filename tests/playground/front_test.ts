import { equal, match, ok } from "node:assert/strict";
import { startFront } from "../../dev/playground/front.ts";
import { freePort } from "../support/free_port.ts";

/** Sends bytes and gives all that comes until the other side closes. */
async function raw(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  let answer = "";
  for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
    answer += chunk;
  }
  return answer;
}

async function start(gatekeeper: Deno.ServeHandler, host = "127.0.0.1") {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, gatekeeper);
  const port = freePort();
  const front = await startFront({
    host,
    port,
    playground: () => Promise.resolve(new Response("playground")),
    gatekeeper: { host: "127.0.0.1", port: server.addr.port },
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await server.shutdown().catch(() => {});
    },
  };
}

Deno.test("what isn't the playground's reaches the gatekeeper as it came", async () => {
  await using front = await start(async (request) => {
    const body = await request.text();
    return new Response(`${request.method} ${request.url} ${request.headers.get("x-a")} ${body}`, {
      status: 418,
      headers: { "x-b": "back", etag: '"strong"' },
    });
  });
  const target = "/gatekeeper/..%2fa/../b?x=%zz&y=1";
  const answer = await raw(
    front.port,
    `POST ${target} HTTP/1.1\r\nHost: own.example\r\nX-A: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi`,
  );
  match(answer, /^HTTP\/1\.1 418 /);
  ok(answer.includes(`POST http://own.example${target} 1 hi`), answer);
  match(answer, /\r\nx-b: back\r\n/i);
  match(answer, /\r\netag: "strong"\r\n/i);
});

Deno.test("the playground has / and /playground/, and nothing that looks like it", async () => {
  await using front = await start(() => new Response("gatekeeper"));
  const textOf = async (path: string) => await (await fetch(front.url + path)).text();
  for (const path of ["/", "/?a", "/playground/state"]) equal(await textOf(path), "playground");
  for (const path of ["/playground", "/playgrounds", "/gatekeeper/a", "/health", "//"]) {
    equal(await textOf(path), "gatekeeper", path);
  }
});

/** An address by which other machines know this one, if it has any. */
const outward = Deno.networkInterfaces()
  .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;

Deno.test(
  "for other machines there is no playground",
  { ignore: outward === undefined },
  async () => {
    await using front = await start(() => new Response("gatekeeper"), "0.0.0.0");
    for (const path of ["/", "/playground/state"]) {
      const response = await fetch(`http://${outward}:${front.port}${path}`);
      equal(await response.text(), "gatekeeper");
    }
  },
);

Deno.test("an answer is passed on while it comes, and ends when its reader leaves", async () => {
  const left = Promise.withResolvers<void>();
  await using front = await start(() => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
      cancel: () => left.resolve(),
    });
    return new Response(body);
  });
  const reader = new AbortController();
  const response = await fetch(`${front.url}/proxy/v1/shape`, { signal: reader.signal });
  const { value } = await response.body?.getReader().read() ?? {};
  equal(new TextDecoder().decode(value), "first");
  reader.abort();
  await left.promise;
});

Deno.test("while the gatekeeper is away, that is said", async () => {
  const port = freePort();
  const playground = () => Promise.resolve(new Response("playground"));
  const gatekeeper = { host: "127.0.0.1", port: freePort() };
  await using _front = await startFront({ host: "127.0.0.1", port, playground, gatekeeper });
  const response = await fetch(`http://127.0.0.1:${port}/gatekeeper/items`, { method: "POST" });
  equal(response.status, 503);
  equal(response.headers.get("retry-after"), "1");
  match((await response.json()).message, /gatekeeper isn't there/);
});
