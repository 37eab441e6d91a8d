import { doesNotMatch, equal, match } from "node:assert/strict";
import { SignJWT } from "jose";
import { readProxyConfig } from "./config.ts";
import { secretKeys } from "../shared/keys.ts";
import { createProxy } from "./proxy.ts";
import { answerRefusals } from "../shared/refusal.ts";
import { testRuntime } from "../tests/support/runtime.ts";

const SECRET = "a secret of thirty-two bytes, or more";

/** Answers a good request by this `fetch`, and gives what was logged. */
async function ask(fetch: typeof globalThis.fetch, times = 1, more: Record<string, string> = {}) {
  const env: Record<string, string> = { ELECTRIC_URL: "http://electric", ...more };
  const config = readProxyConfig((name) => env[name], secretKeys([SECRET]));
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const proxy = createProxy(config, { runtime: testRuntime({ fetch }), log });
  const handler = answerRefusals((request) => proxy(request, "table=items&offset=-1"), log);
  const jwt = new SignJWT({ shape: { table: "items" } }).setProtectedHeader({ alg: "HS256" });
  const token = await jwt.setExpirationTime("1h").sign(new TextEncoder().encode(SECRET));
  const request = () =>
    handler(new Request("http://edge/", { headers: { authorization: `Bearer ${token}` } }));
  for (let i = 1; i < times; i++) await request();
  const response = await request();
  return { status: response.status, text: await response.text(), log: lines.join("\n") };
}

/** A response at which our own code fails. */
function unreadable(): Response {
  const get = () => {
    throw new RangeError("it holds secret=x");
  };
  return Object.defineProperty(new Response("[]"), "headers", { get });
}

Deno.test("only what fetch rejects with is Electric's fault", async () => {
  const away = await ask(() => Promise.reject(new TypeError("http://electric?secret=x")));
  equal(away.status, 502);
  match(away.log, /^Electric can't be reached at ELECTRIC_URL/);
  const ours = await ask(() => Promise.resolve(unreadable()));
  equal(ours.status, 500);
  doesNotMatch(ours.text, /Electric/);
  match(ours.log, /^unexpected RangeError/);
  doesNotMatch(away.log + ours.log + away.text + ours.text, /secret=x/);
});

Deno.test("what ails upstream is logged once in a while, not for each request", async () => {
  const unauthorized = () => Promise.resolve(new Response("{}", { status: 401 }));
  const { status, log } = await ask(unauthorized, 5);
  equal(status, 502);
  equal(log.split("\n").length, 1);
  match(log, /ELECTRIC_SECRET/);
});

Deno.test("where clients' leaving isn't told, a held request ends by its timeout", async () => {
  let aborted = false;
  const hang = (_url: unknown, init?: RequestInit) =>
    new Promise<Response>((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => {
        aborted = true;
        reject(init.signal?.reason);
      });
    });
  const { status, log } = await ask(hang, 1, { ELECTRIC_TIMEOUT: "1" });
  equal(status, 504);
  equal(aborted, true);
  match(log, /ELECTRIC_TIMEOUT/);
});

/** Asks with a token that is revoked while Electric answers, by `during`. */
async function askWhileRevoked(during: () => Promise<Response>, live: string) {
  const env: Record<string, string> = { ELECTRIC_URL: "http://electric" };
  const config = readProxyConfig((name) => env[name], secretKeys([SECRET]));
  let isRevoked = false;
  const fetch = (url: unknown) => {
    if (!`${url}`.includes("live=true")) {
      return Promise.resolve(new Response("[]", { headers: { "electric-handle": "1-2" } }));
    }
    isRevoked = true;
    return during();
  };
  const proxy = createProxy(config, {
    runtime: testRuntime({ fetch }),
    log: () => {},
    revocations: { upToDate: () => null, checkAge() {}, isRevoked: () => isRevoked },
  });
  const jwt = new SignJWT({ shape: { table: "items" } }).setProtectedHeader({ alg: "HS256" });
  const token = await jwt.setIssuedAt().setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
  const send = answerRefusals(
    (request) => proxy(request, new URL(request.url).search.slice(1)),
    () => {},
  );
  const ask = (query: string) =>
    send(
      new Request(`http://edge/?table=items&${query}`, {
        headers: { authorization: `Bearer ${token}` },
      }),
    );
  await ask("offset=-1");
  const response = await ask(`offset=0_5&handle=1-2&cursor=7&${live}`);
  return { status: response.status, text: await response.text() };
}

Deno.test("what Electric says just after the token was revoked isn't passed on", async () => {
  const answers = () => Promise.resolve(new Response('[{"value":"secret"}]'));
  const poll = await askWhileRevoked(answers, "live=true");
  equal(poll.status, 200);
  equal(poll.text, "[]");
  const stream = await askWhileRevoked(answers, "live=true&live_sse=true");
  equal(stream.status, 401);
  doesNotMatch(stream.text, /secret/);
});
