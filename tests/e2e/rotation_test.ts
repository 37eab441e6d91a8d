import { equal, ok, rejects } from "node:assert/strict";
import * as jose from "jose";
import { createEdgeHandler } from "../../edge/handler.ts";
import { testRuntime } from "../support/runtime.ts";
import { freshKeys, readGatekeeperKeys } from "../../gatekeeper/tokens/keys.ts";
import { createMint } from "../../gatekeeper/tokens/mint.ts";
import { readProxyConfig } from "../../edge/config.ts";
import type { Env } from "../../edge/env.ts";
import { readKeys, readSecrets } from "../../edge/keys.ts";
import { ConfigError } from "../../shared/config_error.ts";
import type { Handler } from "../../shared/refusal.ts";
import { readShape } from "../../shared/shape.ts";

const REQUESTS = 1000;
const OLD = "the-old-secret-which-is-long-enough-for-all";
const NEW = "the-new-secret-which-is-long-enough-for-all";

type Variables = Readonly<Record<string, string>>;
const envOf = (variables: Variables): Env => (name) => variables[name];

/** One gatekeeper and two edges, each restarted by itself with other variables; and its tokens. */
class Servers {
  readonly #edges: Handler[] = [];
  #gatekeeper: Awaited<ReturnType<typeof readGatekeeperKeys>> | undefined;
  #tokens: string[] = [];
  sent = 0;

  async restartGatekeeper(variables: Variables): Promise<void> {
    this.#gatekeeper = await readGatekeeperKeys(envOf(variables));
  }

  async restartEdge(i: number, variables: Variables): Promise<Handler> {
    const env = envOf({ ELECTRIC_URL: "http://electric", ...variables });
    const edge = createEdgeHandler([""], readProxyConfig(env, await readKeys(env)), {
      runtime: testRuntime({ fetch: () => Promise.resolve(new Response("[]")) }),
      log: () => {},
    });
    this.#edges[i] = edge;
    return edge;
  }

  get published(): readonly unknown[] {
    return this.#gatekeeper?.published ?? [];
  }

  /** Clients at work, `rounds` times: tokens of now and of before, at both edges. None may be refused. */
  async work(rounds: number): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      if (i % 10 === 0) this.#tokens.push(await this.#sign());
      for (const token of [this.#tokens[0] ?? "", this.#tokens.at(-1) ?? ""]) {
        for (const edge of this.#edges) await this.#ask(edge, token);
      }
    }
  }

  /** A fresh token at one edge, which must not refuse it. */
  async workAt(edge: Handler): Promise<void> {
    await this.#ask(edge, await this.#sign());
  }

  async #ask(edge: Handler, token: string): Promise<void> {
    const url = `http://edge/v1/shape?table=items&offset=-1`;
    const response = await edge(new Request(url, { headers: { authorization: token } }));
    this.sent++;
    equal(response.status, 200, `request ${this.sent}`);
  }

  async #sign(): Promise<string> {
    if (this.#gatekeeper === undefined) throw new Error("no gatekeeper");
    const mint = createMint({
      signing: this.#gatekeeper.signing,
      token: { clockTolerance: 5 },
      tokenTtl: 7200,
      shapeUrl: "http://edge/v1/shape",
    });
    const user = { id: `${this.sent}`, role: "authenticated", claims: {} };
    const shape = readShape({ table: "items" });
    return (await mint(shape, user, Math.floor(Date.now() / 1000))).headers.Authorization;
  }
}

/** Lets the clock of keys and tokens run ahead, to wait for nothing. */
function clockAhead() {
  const now = Date.now;
  let ahead = 0;
  Date.now = () => now() + ahead;
  return {
    wait: (milliseconds: number) => void (ahead += milliseconds),
    [Symbol.dispose]: () => void (Date.now = now),
  };
}

/**
 * Does the steps one after another, 2 s between them, each server's restart at another time, with
 * clients at work throughout.
 */
async function rotate(
  servers: Servers,
  steps: readonly (readonly [gatekeeper: Variables, edge: Variables])[],
): Promise<void> {
  using clock = clockAhead();
  for (const [step, [gatekeeper, edge]] of steps.entries()) {
    clock.wait(2001);
    const restarts = [
      async () => void await servers.restartEdge(0, edge),
      () => servers.restartGatekeeper(gatekeeper),
      async () => void await servers.restartEdge(1, edge),
    ];
    // In another order each time, the gatekeeper first in the last: within a step it must not matter.
    for (let i = 0; i < restarts.length; i++) {
      await restarts[(i + step + 2) % restarts.length]?.();
      if (step > 0) await servers.work(REQUESTS / 30);
    }
    await servers.work(REQUESTS / 30);
  }
  ok(servers.sent >= REQUESTS, `${servers.sent} requests`);
}

Deno.test("a secret is rotated without a refusal", async () => {
  const [before, next, after] = [
    { AUTH_SECRET: OLD },
    { AUTH_SECRET: OLD, AUTH_SECRET_NEXT: NEW },
    { AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: OLD },
  ];
  await rotate(new Servers(), [[before, before], [next, next], [after, after]]);
});

const jwksOf = (...keys: unknown[]) => JSON.stringify({ keys });

Deno.test("a key pair is rotated without a refusal", async () => {
  const [first, second] = [await freshKeys(), await freshKeys()];
  const [old] = first.jwks.keys;
  const [fresh] = second.jwks.keys;
  const before = { AUTH_PRIVATE_JWK: JSON.stringify(first.privateJwk) };
  const next = { ...before, AUTH_JWKS: jwksOf(fresh) };
  const after = { AUTH_PRIVATE_JWK: JSON.stringify(second.privateJwk), AUTH_JWKS: jwksOf(old) };
  const both = { AUTH_JWKS: jwksOf(old, fresh) };
  await rotate(new Servers(), [[before, { AUTH_JWKS: jwksOf(old) }], [next, both], [after, both]]);
});

Deno.test("a published key pair is rotated without a refusal", async () => {
  const [first, second] = [await freshKeys(), await freshKeys()];
  const servers = new Servers();
  await using keys = serveKeys(servers);
  const edge = { AUTH_JWKS_URL: keys.url };
  const before = { AUTH_PRIVATE_JWK: JSON.stringify(first.privateJwk) };
  const next = { ...before, AUTH_JWKS: jwksOf(second.jwks.keys[0]) };
  const after = {
    AUTH_PRIVATE_JWK: JSON.stringify(second.privateJwk),
    AUTH_JWKS: jwksOf(first.jwks.keys[0]),
  };
  await rotate(servers, [[before, edge], [next, edge], [after, edge]]);
  const { fetched } = keys.counted;
  ok(fetched <= 8, `${fetched} fetches: one for each start of an edge, one for the new key`);
});

/** A server of a gatekeeper's public keys that counts how often it is asked. */
function serveKeys(servers: Servers) {
  const counted = { fetched: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    counted.fetched++;
    return Response.json({ keys: servers.published });
  });
  const url = `http://127.0.0.1:${server.addr.port}/jwks.json`;
  return { counted, url, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("edges that run on take a published key pair at once, without a refusal", async () => {
  using clock = clockAhead();
  const [first, second] = [await freshKeys(), await freshKeys()];
  const servers = new Servers();
  await using keys = serveKeys(servers);
  const before = { AUTH_PRIVATE_JWK: JSON.stringify(first.privateJwk) };
  await servers.restartGatekeeper(before);
  for (const i of [0, 1]) await servers.restartEdge(i, { AUTH_JWKS_URL: keys.url });
  await servers.work(REQUESTS / 12);
  equal(keys.counted.fetched, 2, "a fetch at each edge");

  await servers.restartGatekeeper({ ...before, AUTH_JWKS: jwksOf(second.jwks.keys[0]) });
  await servers.work(REQUESTS / 12);
  clock.wait(2001);
  await servers.restartGatekeeper({
    AUTH_PRIVATE_JWK: JSON.stringify(second.privateJwk),
    AUTH_JWKS: jwksOf(first.jwks.keys[0]),
  });
  await servers.work(REQUESTS / 12);
  equal(keys.counted.fetched, 4, "one more at each, for the new key");
  ok(servers.sent >= REQUESTS, `${servers.sent} requests`);
});

Deno.test("key ids that nobody has cost one fetch in 2 s, and don't keep a new key out", async () => {
  using clock = clockAhead();
  const [first, second] = [await freshKeys(), await freshKeys()];
  const servers = new Servers();
  await using keys = serveKeys(servers);
  await servers.restartGatekeeper({ AUTH_PRIVATE_JWK: JSON.stringify(first.privateJwk) });
  const edge = await servers.restartEdge(0, { AUTH_JWKS_URL: keys.url });
  await servers.restartEdge(1, { AUTH_JWKS_URL: keys.url });
  await servers.work(1);
  const flood = () =>
    Promise.all(Array.from({ length: 200 }, async (_, i) => {
      const header = jose.base64url.encode(JSON.stringify({ alg: "EdDSA", kid: `forged-${i}` }));
      const authorization = `Bearer ${header}.e30.AAAA`;
      const url = "http://edge/v1/shape?table=items&offset=-1";
      equal((await edge(new Request(url, { headers: { authorization } }))).status, 401);
    }));
  const { fetched } = keys.counted;
  await flood();
  equal(keys.counted.fetched, fetched, "it has just been fetched");
  clock.wait(2001);
  await flood();
  await flood();
  equal(keys.counted.fetched, fetched + 1);

  await servers.restartGatekeeper({ AUTH_PRIVATE_JWK: JSON.stringify(second.privateJwk) });
  clock.wait(2001);
  await flood();
  await servers.workAt(edge);
});

Deno.test("a secret that is no secret is blamed by its own name", async () => {
  const blamed = (variables: Variables, name: RegExp) =>
    rejects(
      async () => await Promise.resolve(readSecrets(envOf(variables))),
      (error) => error instanceof ConfigError && name.test(error.message),
    );
  await blamed({ AUTH_SECRET: "short" }, /^AUTH_SECRET is too short/);
  await blamed(
    { AUTH_SECRET: OLD, AUTH_SECRET_PREVIOUS: `${NEW} short` },
    /^AUTH_SECRET_PREVIOUS is too short/,
  );
  await blamed({ AUTH_SECRET: OLD, AUTH_SECRET_NEXT: "short" }, /^AUTH_SECRET_NEXT is too short/);
});
