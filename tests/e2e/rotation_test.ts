import { equal, ok, rejects } from "node:assert/strict";
import { createEdge } from "../../edge/handler.ts";
import { freshKeys, readGatekeeperKeys } from "../../gatekeeper/keys.ts";
import { createMint } from "../../gatekeeper/mint.ts";
import { readProxyConfig } from "../../shared/config.ts";
import { ConfigError, type Env } from "../../shared/env.ts";
import { readKeys, readSecrets } from "../../shared/keys.ts";
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

  async restartEdge(i: number, variables: Variables): Promise<void> {
    const env = envOf({ ELECTRIC_URL: "http://electric", ...variables });
    this.#edges[i] = createEdge("edge", readProxyConfig(env, await readKeys(env)), {
      fetch: () => Promise.resolve(new Response("[]")),
      runtime: Deno.version.deno,
      log: () => {},
    });
  }

  get published(): readonly unknown[] {
    return this.#gatekeeper?.published ?? [];
  }

  /** Clients at work: tokens of now and of before, at both edges. None may be refused. */
  async work(requests: number): Promise<void> {
    for (let i = 0; i < requests; i++) {
      if (i % 10 === 0) this.#tokens.push(await this.#sign());
      for (const token of [this.#tokens[0] ?? "", this.#tokens.at(-1) ?? ""]) {
        const url = `http://edge/v1/shape?table=items&offset=-1`;
        const request = new Request(url, { headers: { authorization: token } });
        const response = await this.#edges[this.sent++ % 2]?.(request);
        equal(response?.status, 200, `request ${this.sent}`);
      }
    }
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

/** Does the steps one after another, each server's restart at another time, with clients at work throughout. */
async function rotate(
  servers: Servers,
  steps: readonly (readonly [gatekeeper: Variables, edge: Variables])[],
): Promise<void> {
  for (const [step, [gatekeeper, edge]] of steps.entries()) {
    const restarts = [
      () => servers.restartEdge(0, edge),
      () => servers.restartGatekeeper(gatekeeper),
      () => servers.restartEdge(1, edge),
    ];
    // In another order each time, the gatekeeper first in the last: within a step it must not matter.
    for (let i = 0; i < restarts.length; i++) {
      await restarts[(i + step + 2) % restarts.length]?.();
      if (step > 0) await servers.work(REQUESTS / 12);
    }
    await servers.work(REQUESTS / 12);
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
  let fetched = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    fetched++;
    return Response.json({ keys: servers.published });
  });
  const edge = { AUTH_JWKS_URL: `http://127.0.0.1:${server.addr.port}/jwks.json` };
  const before = { AUTH_PRIVATE_JWK: JSON.stringify(first.privateJwk) };
  const next = { ...before, AUTH_JWKS: jwksOf(second.jwks.keys[0]) };
  const after = {
    AUTH_PRIVATE_JWK: JSON.stringify(second.privateJwk),
    AUTH_JWKS: jwksOf(first.jwks.keys[0]),
  };
  await rotate(servers, [[before, edge], [next, edge], [after, edge]]);
  ok(fetched <= 6, `${fetched} fetches: one for each start of an edge`);
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
