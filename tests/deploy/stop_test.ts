import assert from "node:assert/strict";
import { Follower } from "../e2e/follow.ts";
import { freePort } from "../support/free_port.ts";
import { copyEdge, deno214Path, noDeno214 } from "../support/older_deno.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { type ProcessOptions, startProcess } from "../support/process.ts";
import { openRequest, rawRequest } from "../support/raw_http.ts";
import { AUTH_SECRET, EDGE, GATEKEEPER, serve214, serveArgs } from "../support/servers.ts";
import { Tap, type TappedRequest, type TapReply } from "../support/tap.ts";
import { tempDir } from "../support/temp_dir.ts";
import { signToken } from "../support/token.ts";
import { bundle } from "./bundle.ts";

const HELD = 30;

/** How a server is run: its command for the port where it shall listen. */
interface Way {
  readonly command: (port: number) => Omit<ProcessOptions, "name" | "env">;
  /** By default, the edge's path. */
  readonly path?: string;
}

const running = new AsyncDisposableStack();
let postgres: TestPostgres;
Deno.test.beforeAll(async () => {
  postgres = running.use(await testPostgres());
});
Deno.test.afterAll(() => running.disposeAsync());

const serve = (port: number, ...more: string[]) => ["serve", "-NE", "--port", `${port}`, ...more];
const edge: Way["command"] = (port) => ({ args: serve(port, EDGE) });

const WAYS: Readonly<Record<string, () => Promise<Way>>> = {
  "deno serve supabase/functions/edge/index.ts": () => Promise.resolve({ command: edge }),
  "deno serve supabase/functions/edge/index.ts, by Ctrl-C": () =>
    Promise.resolve({ command: (port) => ({ ...edge(port), endSignal: "INT" }) }),
  "deno serve --parallel supabase/functions/edge/index.ts": () =>
    Promise.resolve({ command: (port) => ({ args: serve(port, "--parallel", EDGE) }) }),
  "deno serve dist/edge.js": async () => {
    const file = await bundle(running.use(await tempDir()).path);
    return { command: (port) => ({ args: serve(port, "--no-config", file) }) };
  },
  "cli/serve.ts, the edge": () => Promise.resolve({ command: () => ({ args: serveArgs(EDGE) }) }),
  "cli/serve.ts, the edge, by Ctrl-C": () =>
    Promise.resolve({
      command: () => ({ args: serveArgs(EDGE), endSignal: "INT" }),
    }),
  "cli/serve.ts, the gatekeeper": () =>
    Promise.resolve({
      command: () => ({ args: serveArgs(GATEKEEPER, "-A") }),
      path: "/proxy/v1/shape",
    }),
  "cli/serve.ts, the gatekeeper, by Ctrl-C": () =>
    Promise.resolve({
      command: () => ({ args: serveArgs(GATEKEEPER, "-A"), endSignal: "INT" }),
      path: "/proxy/v1/shape",
    }),
  ...(noDeno214 === null && {
    "deno serve supabase/functions/edge/index.ts, on Deno 2.1.4": async () => {
      const cwd = running.use(await copyEdge()).path;
      const command = await deno214Path();
      return { command: (port) => ({ command, cwd, args: serve214(port) }) };
    },
  }),
};

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const UP_TO_DATE = '[{"headers":{"control":"up-to-date"}}]';
const ROW = '[{"key":"\\"items\\"/\\"1\\"","value":{"id":"1"},"headers":{"operation":"insert"}},' +
  '{"headers":{"control":"up-to-date"}}]';

/** Electric, as far as a client needs it: live requests are held, event streams say one thing. */
function electric({ target }: TappedRequest): TapReply {
  if (target.includes("live_sse=true")) {
    const headers = [["content-type", "text/event-stream"], [
      "transfer-encoding",
      "chunked",
    ]] as const;
    const stream = async (write: (data: string) => Promise<void>) => {
      await write(chunk("data: 1\n\n"));
      await new Promise<never>(() => {});
    };
    return { headers, stream };
  }
  return target.includes("live=true") ? "hang" : shape(UP_TO_DATE, "0_0");
}

function shape(body: string, offset: string): TapReply {
  return {
    headers: [
      ["electric-handle", "1-1"],
      ["electric-offset", offset],
      ["electric-cursor", "1"],
      ["electric-schema", '{"id":{"type":"text","pk_index":0}}'],
      ["electric-up-to-date", ""],
      ["content-length", `${body.length}`],
    ],
    body,
  };
}

for (const [name, prepare] of Object.entries(WAYS)) {
  Deno.test(`${name} ends soon after a signal, and its clients go on`, async () => {
    await using open = new AsyncDisposableStack();
    const { command, path = "/v1/shape" } = await prepare();
    const tap = open.use(new Tap());
    tap.reset(electric);
    const port = freePort();
    const env = {
      AUTH_SECRET,
      ELECTRIC_URL: tap.url,
      DATABASE_URL: postgres.url,
      HOST: "127.0.0.1",
      PORT: `${port}`,
    };
    const start = () =>
      startProcess({ name, env, ...command(port) }, `http://127.0.0.1:${port}/health`);
    const first = await start();
    open.defer(() => first.kill());
    const token = await signToken({ shape: { table: "items" } });
    const headers = { authorization: `Bearer ${token}` };
    const client = open.use(
      new Follower(
        { url: `http://127.0.0.1:${port}${path}`, headers, params: { table: "items" } },
        {},
      ),
    );
    await client.until(() => client.stream.isUpToDate, "the client is up to date");
    const target = `${path}?table=items&offset=0_0&live=true`;
    const ask = { target, headers: Object.entries(headers) };
    const polls = Array.from({ length: HELD }, () => rawRequest(port, ask));
    const events = open.use(await openRequest(port, { ...ask, target: `${target}&live_sse=true` }));
    await events.pieces.next();
    const held = () => tap.requests.filter(({ target }) => target.includes("live=true")).length;
    while (held() < HELD + 2) await new Promise((resolve) => setTimeout(resolve, 10));

    const began = performance.now();
    const stopped = first.stop();
    for (const poll of await Promise.all(polls)) {
      assert.equal(poll.status, 503);
      assert.equal(poll.header("retry-after"), "0");
      assert.equal(poll.header("cache-control"), "no-store");
    }
    const rest = Array.fromAsync(events.pieces);
    assert.deepEqual(await rest, []);
    await stopped;
    const ms = performance.now() - began;
    assert(ms < 3000, `gone after ${ms} ms`);

    tap.reset(({ target }) => target.includes("offset=1_1") ? "hang" : shape(ROW, "1_1"));
    open.use(await start());
    await client.until(() => client.rows.size === 1, "the client has what came meanwhile");
    assert.equal(client.refetches, 0);
  });
}

Deno.test("a body that never ends is cut five seconds after the signal", async () => {
  await using tap = new Tap();
  tap.reset({
    headers: [["content-length", "3"]],
    stream: async (write) => {
      await write("[");
      await new Promise<never>(() => {});
    },
  });
  const env = { AUTH_SECRET, ELECTRIC_URL: tap.url, HOST: "127.0.0.1", DATABASE_URL: postgres.url };
  const token = await signToken({ shape: { table: "items" } });
  const cut = async (name: string, path: string, command: Way["command"]) => {
    const port = freePort();
    const options = { name, env: { ...env, PORT: `${port}` }, ...command(port) };
    await using server = await startProcess(options, `http://127.0.0.1:${port}/health`);
    const headers = [["authorization", `Bearer ${token}`]] as const;
    using response = await openRequest(port, { target: `${path}?table=items&offset=-1`, headers });
    await response.pieces.next();
    await server.stop();
    await assert.rejects(Array.fromAsync(response.pieces));
  };
  const parallel: Way["command"] = (port) => ({ args: serve(port, "--parallel", EDGE) });
  await Promise.all([
    cut("deno serve", "/v1/shape", edge),
    cut("deno serve --parallel", "/v1/shape", parallel),
    cut("edge", "/v1/shape", () => ({ args: serveArgs(EDGE) })),
    cut("gatekeeper", "/proxy/v1/shape", () => ({ args: serveArgs(GATEKEEPER, "-A") })),
  ]);
});
