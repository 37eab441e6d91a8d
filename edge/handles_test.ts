import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { signToken } from "../tests/support/token.ts";
import { AUTH_SECRET } from "../tests/support/servers.ts";
import { testRuntime } from "../tests/support/runtime.ts";
import { readProxyConfig } from "./config.ts";
import { createHandles, ShapeHandles } from "./handles.ts";
import { secretKeys } from "../shared/keys.ts";
import { createProxy } from "./proxy.ts";
import { answerRefusals } from "../shared/refusal.ts";
import { readShape } from "../shared/shape.ts";

const config = (timeout = "30") => {
  const env = new Map([["ELECTRIC_URL", "http://electric"], ["ELECTRIC_TIMEOUT", timeout]]);
  return readProxyConfig((name) => env.get(name), secretKeys([AUTH_SECRET]));
};

/** Electric with one shape, and a CDN before it that keeps what starts the shape. */
class Upstream {
  handle = "7-1";
  /** Handles of other shapes that are served, since their hash is that of ours. */
  readonly colliding = new Set<string>();
  /** What the CDN gives to a new client, however old. */
  kept: string | null = null;
  /** What happens to a question instead of an answer. */
  trouble: ((signal: AbortSignal) => Response | Promise<Response>) | null = null;
  asked: string[] = [];

  readonly fetch: typeof fetch = async (input, init) => {
    const query = new URL(`${input}`).searchParams;
    const [offset, handle] = [query.get("offset"), query.get("handle")];
    const isNew = offset === "-1" || offset === "now";
    const isQuestion = handle === "0-0" || init?.method === "HEAD";
    const buster = query.has("cache-buster") ? " past the CDN" : "";
    this.asked.push(`${init?.method ?? "GET"} ${offset} ${handle}${buster}`);
    await Promise.resolve();
    if (isQuestion && this.trouble !== null) return await this.trouble(init?.signal ?? never());
    if (isNew) return named(200, buster === "" ? this.kept ??= this.handle : this.handle);
    if (handle === this.handle || this.colliding.has(handle ?? "")) return named(200, handle ?? "");
    return named(409, this.handle);
  };

  /** Another shape from now on, as after a truncate. */
  rotate(): void {
    this.handle = `7-${Number(this.handle.slice(2)) + 1}`;
  }

  /** What was asked since the last call. */
  take(): string[] {
    return this.asked.splice(0);
  }
}

const never = () => new AbortController().signal;

function named(status: number, handle: string): Response {
  const body = status === 409 ? '[{"headers":{"control":"must-refetch"}}]' : "[]";
  const headers = { "electric-handle": handle, "cache-control": "public, max-age=60" };
  return new Response(body, { status, headers });
}

const HEAD = "HEAD -1 null";
const PAST = "GET 0_0 0-0 past the CDN";

/** A proxy, asked as the holder of a token of `items`; gives the status and the handle named. */
async function startProxy({ fetch }: Upstream, seconds?: string) {
  const surroundings = { runtime: testRuntime({ fetch }), log: () => {} };
  const proxy = createProxy(config(seconds), surroundings);
  const token = await signToken({ shape: { table: "items" } });
  return async (protocol: string, init: RequestInit = {}) => {
    const query = `table=items&${protocol}`;
    const request = new Request(`http://edge/v1/shape?${query}`, {
      ...init,
      headers: { authorization: `Bearer ${token}` },
    });
    const response = await answerRefusals((r) => proxy(r, query), () => {})(request);
    const text = await response.text();
    return {
      status: response.status,
      handle: response.headers.get("electric-handle"),
      text,
      response,
    };
  };
}

Deno.test("a handle that upstream named goes upstream without a question", async () => {
  const upstream = new Upstream();
  const ask = await startProxy(upstream);
  for (
    const [method, query] of [["GET", "offset=-1"], ["HEAD", "offset=now"], ["GET", "offset=-1"]]
  ) {
    equal((await ask(query ?? "", { method: method ?? "" })).status, 200);
  }
  upstream.take();
  for (const rest of ["", "&live=true", "&live=true&live_sse=true", "&log=changes_only"]) {
    equal((await ask(`offset=0_0&handle=7-1${rest}`)).status, 200);
  }
  equal((await ask("offset=0_0&handle=7-1", { method: "POST", body: "{}" })).status, 200);
  deepEqual(upstream.take(), [...Array(4).fill("GET 0_0 7-1"), "POST 0_0 7-1"]);
});

Deno.test("a foreign handle never goes upstream, though Electric would serve it", async () => {
  const upstream = new Upstream();
  upstream.colliding.add("7-666");
  const ask = await startProxy(upstream);
  const ways: [string, RequestInit][] = [
    ["offset=0_0", {}],
    ["offset=0_0&live=true", {}],
    ["offset=0_inf&live=true&live_sse=true&log=full", {}],
    ["offset=0_0&log=changes_only&cache-buster=1&expired_handle=7-0", {}],
    ["", {}],
    ["offset=-1_0", { method: "HEAD" }],
    ["offset=0_0", { method: "POST", body: "{}" }],
    ["offset=0_0&subset__limit=1", {}],
  ];
  const answers = await Promise.all(ways.map(([rest, init]) => ask(`${rest}&handle=7-666`, init)));
  for (const [i, { status, handle, text, response }] of answers.entries()) {
    const [rest, init] = ways[i] ?? [];
    deepEqual({ status, handle }, { status: 409, handle: "7-1" }, rest);
    if (init?.method !== "HEAD") equal(text, '[{"headers":{"control":"must-refetch"}}]');
    equal(response.headers.get("cache-control"), "no-store");
    equal(response.headers.get("vary"), "Authorization");
  }
  // At the start Electric looks at no handle, and names the shape's own.
  equal((await ask("offset=-1&handle=7-666")).handle, "7-1");
  equal((await ask("offset=now&handle=7-666")).handle, "7-1");
  equal((await ask("offset=0_0&handle=7-666")).status, 409);
  const asked = upstream.take().filter((line) => line.includes("7-666"));
  deepEqual(asked, ["GET -1 7-666", "GET now 7-666"]);
});

Deno.test("an edge that doesn't know a handle asks once what a CDN knows", async () => {
  const upstream = new Upstream();
  await (await startProxy(upstream))("offset=-1");
  upstream.take();
  const restarted = await startProxy(upstream);
  const crowd = Array.from({ length: 200 }, () => restarted("offset=0_0&handle=7-1&live=true"));
  for (const { status } of await Promise.all(crowd)) equal(status, 200);
  deepEqual(upstream.take(), [HEAD, ...Array(200).fill("GET 0_0 7-1")]);
  equal((await restarted("offset=1_0&handle=7-1")).status, 200);
  deepEqual(upstream.take(), ["GET 1_0 7-1"]);
});

Deno.test("a CDN that still has an older handle locks nobody out", async () => {
  const upstream = new Upstream();
  upstream.kept = "7-1";
  upstream.rotate();
  const ask = await startProxy(upstream);
  const crowd = Array.from({ length: 50 }, () => ask("offset=0_0&handle=7-2"));
  for (const { status } of await Promise.all(crowd)) equal(status, 200);
  deepEqual(upstream.take(), [HEAD, PAST, ...Array(50).fill("GET 0_0 7-2")]);
});

Deno.test("after a rotation clients start anew, wherever they ask", async () => {
  const upstream = new Upstream();
  const [first, second] = [await startProxy(upstream), await startProxy(upstream)];
  await first("offset=-1");
  upstream.rotate();
  // Electric itself says so to whoever comes with a handle that is known,
  deepEqual((await first("offset=0_0&handle=7-1")).handle, "7-2");
  upstream.take();
  equal((await first("offset=0_0&handle=7-2")).status, 200);
  deepEqual(upstream.take(), ["GET 0_0 7-2"]);
  // and to one whose old handle another edge learns from a CDN that still has it.
  const stale = await second("offset=0_0&handle=7-1");
  deepEqual([stale.status, stale.handle], [409, "7-2"]);
  deepEqual(upstream.take(), [HEAD, "GET 0_0 7-1"]);
  equal((await second("offset=0_0&handle=7-2")).status, 200);
  // An Electric that lost its shapes, and a CDN that lost its entries.
  [upstream.handle, upstream.kept] = ["7-9", null];
  const third = await startProxy(upstream);
  const lost = await third("offset=0_0&handle=7-2");
  deepEqual([lost.status, lost.handle], [409, "7-9"]);
  equal((await third("offset=-1&handle=7-9")).handle, "7-9");
  equal((await third("offset=0_0&handle=7-9")).status, 200);
});

Deno.test("an answer from before a client came doesn't count against its handle", async () => {
  const upstream = new Upstream();
  const ask = await startProxy(upstream);
  equal((await ask("offset=0_0&handle=7-5")).status, 409);
  upstream.rotate();
  equal((await ask("offset=0_0&handle=7-2")).status, 200);
  deepEqual(upstream.take(), [HEAD, PAST, PAST, "GET 0_0 7-2"]);
});

Deno.test("a flood of unknown handles is a question a second, and hurts nobody else", async () => {
  const upstream = new Upstream();
  upstream.kept = "7-0";
  const ask = await startProxy(upstream);
  const began = Date.now();
  const flood = Array.from({ length: 300 }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 4));
    return await ask(`offset=0_0&handle=8-${i}`);
  });
  const honest = ask("offset=0_0&handle=7-1");
  equal((await honest).status, 200);
  for (const { status, handle } of await Promise.all(flood)) {
    deepEqual({ status, handle }, { status: 409, handle: "7-1" });
  }
  const seconds = Math.ceil((Date.now() - began) / 1000);
  const asked = upstream.take().filter((line) => line !== "GET 0_0 7-1");
  deepEqual(asked.filter((line) => line !== HEAD && line !== PAST), []);
  ok(asked.length <= 2 * (seconds + 1), `${asked.length} questions in ${seconds} s`);
  // What can't be a handle needs no question of its own.
  for (const odd of ["%00", "a%20b", "x".repeat(201), "%F0%9F%A4%B7"].slice(1)) {
    equal((await ask(`offset=0_0&handle=${odd}`)).status, 409);
  }
  ok(upstream.take().length <= 1);
});

Deno.test("what keeps upstream from answering is passed on, and never a 409", async () => {
  const upstream = new Upstream();
  for (const status of [400, 429, 503]) {
    const ask = await startProxy(upstream);
    upstream.trouble = () => new Response("why", { status, headers: { "retry-after": "5" } });
    const { text, response, ...refused } = await ask("offset=0_0&handle=7-1");
    deepEqual(refused, { status, handle: null });
    deepEqual([text, response.headers.get("retry-after")], ["why", "5"]);
    deepEqual(upstream.take(), [HEAD, PAST]);
    upstream.trouble = null;
    equal((await ask("offset=0_0&handle=7-1")).status, 200);
    upstream.take();
  }
  upstream.trouble = () => Promise.reject(new TypeError("away"));
  equal((await (await startProxy(upstream))("offset=0_0&handle=7-1")).status, 502);
  upstream.trouble = () => new Response("a page of something else");
  equal((await (await startProxy(upstream))("offset=0_0&handle=7-1")).status, 502);
});

Deno.test("a question that isn't answered is a 504, and ends with its client", async () => {
  const upstream = new Upstream();
  upstream.trouble = (signal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const slow = await startProxy(upstream, "1");
  equal((await slow("offset=0_0&handle=7-1")).status, 504);
  const ask = await startProxy(upstream);
  const leaving = new AbortController();
  const left = ask("offset=0_0&handle=7-1", { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 300);
  const began = Date.now();
  await left;
  ok(Date.now() - began < 2000);
});

Deno.test("nothing is asked for clients that have left", async () => {
  const upstream = new Upstream();
  const handles = new ShapeHandles(testRuntime({ fetch: upstream.fetch }), 1000);
  const url = "http://electric/v1/shape?handle=7-9&offset=0_0&table=items";
  equal((await handles.prove(url, never()))?.status, 409);
  upstream.take();
  const leaving = new AbortController();
  const left = handles.prove(url, leaving.signal);
  leaving.abort(new Error("left"));
  await rejects(left, /left/);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  deepEqual(upstream.take(), []);
  equal((await handles.prove(url, never()))?.status, 409);
});

Deno.test("handles are remembered by shape, for all tokens of it, and not for ever", async () => {
  const upstream = new Upstream();
  const handlesOf = createHandles(testRuntime({ fetch: upstream.fetch }), 1000);
  const shape = (id: number) => readShape({ table: "items", where: `id = ${id}` });
  const first = handlesOf(shape(0));
  equal(handlesOf(shape(0)), first);
  ok(handlesOf(shape(1)) !== first);
  for (let id = 1; id <= 4000; id++) handlesOf(shape(id));
  ok(handlesOf(shape(0)) !== first);

  const url = (handle: string) =>
    `http://electric/v1/shape?handle=${handle}&offset=0_0&table=items`;
  const handles = new ShapeHandles(testRuntime({ fetch: upstream.fetch }), 1000);
  for (let i = 1; i <= 9; i++) handles.learn(named(200, `7-${i}`));
  deepEqual([1, 2, 9].map((i) => handles.knows(url(`7-${i}`))), [false, true, true]);
  for (const odd of ["", " ", "a b", "a/b", "x".repeat(201)]) handles.learn(named(200, odd));
  deepEqual([2, 9].map((i) => handles.knows(url(`7-${i}`))), [true, true]);
  equal(await handles.prove(url("7-1"), never()), null);
});

Deno.test("a question is the URL that new clients ask, sorted, with their log", async () => {
  const urls: string[] = [];
  const fetch: typeof globalThis.fetch = (input) => {
    urls.push(`${input}`.replace(/cache-buster=[^&]+/, "cache-buster=X"));
    return Promise.resolve(named(409, "7-1"));
  };
  const handles = new ShapeHandles(testRuntime({ fetch }), 1000);
  const client = "cache-buster=1&cursor=2&expired_handle=3&handle=7-9&live=true&log=changes_only";
  const url = `http://e/cdn/v1/shape?${client}&offset=0_0&secret=s&subset__limit=1&table=items`;
  equal((await handles.prove(url, never()))?.status, 409);
  deepEqual(urls, [
    "http://e/cdn/v1/shape?log=changes_only&offset=-1&secret=s&table=items",
    "http://e/cdn/v1/shape?cache-buster=X&handle=0-0&log=changes_only&offset=0_0&secret=s&table=items",
  ]);
});

Deno.test("what doesn't answer as Electric names no handle", async () => {
  const fetch: typeof globalThis.fetch = (_input, init) =>
    Promise.resolve(init?.method === "HEAD" ? named(200, "7-1") : named(200, "7-9"));
  const handles = new ShapeHandles(testRuntime({ fetch }), 1000);
  const url = "http://e/v1/shape?handle=7-9&offset=0_0&table=items";
  equal((await handles.prove(url, never()))?.status, 502);
  equal(handles.knows(url), false);
});
