import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { RunningServer } from "../support/servers.ts";
import { type RawRequest, rawRequest } from "../support/raw_http.ts";
import { Tap } from "../support/tap.ts";
import { now, signToken } from "../support/token.ts";
import { caddyName, noCaddy, startCaddy } from "./caddy.ts";

const ISSUER = { iss: "gatekeeper" };
const SHAPE = {
  namespace: null,
  table: "items",
  where: "value = $1 and \"Größe\" <> '100% & {env.AUTH_SECRET_BASE64}' -- +#=",
  columns: ['"Size"', "id", "value"],
  params: { 1: "a+b {http.request.uri.query.log}" },
  replica: "full",
};
const WHERE = encodeURIComponent(SHAPE.where);
const PARAM = encodeURIComponent(SHAPE.params[1]);

/** Queries for the token of {@link SHAPE} that mean it, and all lead to one request upstream. */
const SAME = [
  `table=items&where=${WHERE}&columns=id,value,%22Size%22&params[1]=${PARAM}&replica=full`,
  `replica=full&params%5B1%5D=${PARAM}&columns=%22Size%22,%22value%22,%22id%22&where=${WHERE}&table=public.items`,
  `where=${WHERE}&table=PUBLIC.items&columns=ID%2Cvalue,%22Size%22&params[1]=${PARAM}&replica=full`,
];

/** Queries for a token of `items` alone, with what they are answered. */
const TRICKS: Readonly<Record<string, number>> = {
  "": 400,
  "table=": 400,
  "table": 400,
  "table=items&table=secrets": 400,
  "table=secrets&table=items": 400,
  "table=items&%74able=secrets": 400,
  "table=items&table%5B%5D=secrets": 400,
  "table[]=items": 400,
  "table=items&table[0]=x": 400,
  "table=items&where[]=true": 400,
  "table=items&where=": 400,
  "table=items&where=+": 400,
  "table=items&columns=": 400,
  "table=items&columns=id,,value": 400,
  "table=items&columns=id,id": 400,
  "table=items&replica=half": 400,
  "table=items&params=1": 400,
  "table=items&params[2]=1": 400,
  "table=items&params[0]=1": 400,
  "table=items&params[1]=1&params%5b1%5d=2": 400,
  "table=items&params[1][x]=1": 400,
  "table=items;table=secrets": 400,
  "table=items&x=1;table=secrets": 400,
  "table=%22items": 400,
  "table=it%20ems": 400,
  "table=a.b.c": 400,
  "table=items%00": 400,
  "table=%ff": 400,
  "table=items&where=%zz": 400,
  "table=items&where=%0a": 400,
  "table=items&where=%c2%85": 400,
  "table=items&offset=-1&offset=0_0": 400,
  "table=items&offset=-1&%6fffset=0_0": 400,
  "table=items&live=": 400,
  "table=items&live=1": 400,
  "table=items&handle[]=1": 400,
  "table=items&subset__where[]=1": 400,
  "table=secrets": 403,
  "table=other.items": 403,
  "table=%22Items%22": 403,
  "table=items&where=true": 403,
  "table=items&columns=id": 403,
  "table=items&replica=full": 403,
  "table=items&params[1]=": 200,
  "table=items&params[1]=x": 403,
  "table=items&replica=default": 200,
  "table=public.items": 200,
  "TABLE=secrets&table=ITEMS": 200,
  "table=%69tems": 200,
  "table=items&secret=x&source_id=y&api_secret=z&queryable_columns=secret&secret[]=x": 200,
};

/** Shapes that Caddy must not let through, though the signature is good. */
const UNFIT: readonly unknown[] = [
  undefined,
  null,
  "items",
  [{ table: "items" }],
  {},
  { table: 1 },
  { table: "it ems" },
  { table: "Items" },
  { table: "items,secrets" },
  { table: "items&table=secrets" },
  { table: "items", namespace: "a b" },
  { table: "items", where: " " },
  { table: "items", replica: "half" },
  { table: "items", columns: ["Id"] },
];

const options = { ignore: noCaddy !== null };

async function withCaddy(
  env: Record<string, string>,
  run: (tap: Tap, caddy: RunningServer) => Promise<void>,
): Promise<void> {
  await using tap = new Tap();
  await using caddy = await startCaddy({ ELECTRIC_URL: tap.url, ...env });
  await run(tap, caddy);
}

function ask(caddy: RunningServer, token: string, query: string, more: Partial<RawRequest> = {}) {
  const headers = [["authorization", `Bearer ${token}`], ...(more.headers ?? [])] as const;
  return rawRequest(caddy.port, { target: `/v1/shape?${query}`, ...more, headers });
}

Deno.test(
  `${caddyName}: whatever is asked, upstream gets the token's shape or nothing`,
  options,
  () =>
    withCaddy({}, async (tap, caddy) => {
      const token = await signToken({ ...ISSUER, shape: { table: "items" } });
      for (const [query, status] of Object.entries(TRICKS)) {
        tap.reset();
        const response = await ask(caddy, token, query);
        assert.equal(response.status, status, `${query} ${response.text}`);
        const targets = tap.requests.map(({ target }) => target);
        assert.deepEqual(targets, status === 200 ? ["/v1/shape?table=items"] : [], query);
      }
    }),
);

Deno.test(
  `${caddyName}: the whole signed shape goes upstream, as it is, however it is spelled`,
  options,
  () =>
    withCaddy({}, async (tap, caddy) => {
      const token = await signToken({ ...ISSUER, shape: SHAPE });
      for (const query of SAME) {
        const response = await ask(caddy, token, `${query}&offset=-1&log={env.PORT}`);
        assert.equal(response.status, 200, query + response.text);
      }
      const [first, ...others] = new Set(tap.requests.map(({ target }) => target));
      assert.deepEqual(others, []);
      assert.deepEqual(Object.fromEntries(new URLSearchParams(first?.split("?")[1])), {
        columns: '"Size",id,value',
        log: "{env.PORT}",
        offset: "-1",
        "params[1]": SHAPE.params[1],
        queryable_columns: '"Size",id,value',
        replica: "full",
        table: "items",
        where: SHAPE.where,
      });
    }),
);

Deno.test(
  `${caddyName}: nine params pass, a tenth or a gap is refused`,
  options,
  () =>
    withCaddy({}, async (tap, caddy) => {
      const where = "true";
      const params = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i + 1}`, `v${i}`]));
      const query = (given: Record<string, string>) =>
        `table=items&where=true&${
          Object.entries(given).map(([n, v]) => `params[${n}]=${v}`).join("&")
        }`;
      const sign = (given: Record<string, string>) =>
        signToken({ ...ISSUER, shape: { table: "items", where, params: given } });
      assert.equal((await ask(caddy, await sign(params(9)), query(params(9)))).status, 200);
      assert.match(tap.request.target, /params%5B9%5D=v8/);
      tap.reset();
      for (const given of [params(10), { ...params(3), 2: "" }]) {
        assert.equal((await ask(caddy, await sign(given), query(given))).status, 403);
      }
      assert.equal((await ask(caddy, await sign(params(9)), query(params(10)))).status, 403);
      assert.deepEqual(tap.requests, []);
    }),
);

Deno.test(
  `${caddyName}: what it can't check in a good token is 401`,
  options,
  () =>
    withCaddy({}, async (tap, caddy) => {
      const shape = { table: "items" };
      const claims = [
        ...UNFIT.map((unfit) => ({ ...ISSUER, shape: unfit })),
        { ...ISSUER, shape, exp: undefined },
        { ...ISSUER, shape, exp: now() - 1 },
        { ...ISSUER, shape, nbf: now() + 60 },
        { shape },
        { shape, iss: "other" },
      ];
      const tokens = await Promise.all(claims.map((claim) => signToken(claim)));
      tokens.push(await signToken({ ...ISSUER, shape }, undefined, { alg: "HS512" }));
      tokens.push(
        await signToken({ ...ISSUER, shape }, "another secret of the tests, long enough"),
      );
      for (const token of tokens) {
        const response = await ask(caddy, token, "table=items");
        assert.equal(response.status, 401, token);
      }
      assert.deepEqual(tap.requests, []);
    }),
);

Deno.test(
  `${caddyName}: no body goes upstream, and POST is 405`,
  options,
  () =>
    withCaddy({}, async (tap, caddy) => {
      const token = await signToken({ ...ISSUER, shape: { table: "items" } });
      const body = '{"table":"secrets"}';
      for (const content of [body, ["{", '"table":"secrets"}'], "x", [""]]) {
        const got = await ask(caddy, token, "table=items", { body: content });
        assert.ok([400, 413].includes(got.status), `${got.status}`);
        const posted = await ask(caddy, token, "table=items", { method: "POST", body: content });
        assert.equal(posted.status, 405);
        assert.equal(posted.header("allow"), "GET, HEAD, OPTIONS");
      }
      assert.deepEqual(tap.requests, []);
    }),
);

Deno.test(
  `${caddyName}: caches are told that answers differ by token`,
  options,
  () =>
    withCaddy({}, async (tap, caddy) => {
      const token = await signToken({ ...ISSUER, shape: { table: "items" } });
      tap.reset({ headers: [["vary", "Accept-Encoding"], ["content-length", "0"]] });
      const { headers } = await ask(caddy, token, "table=items");
      const vary = headers.filter(([name]) => name.toLowerCase() === "vary");
      assert.deepEqual(vary.map(([, value]) => value), ["Accept-Encoding", "Authorization"]);
    }),
);

Deno.test(
  `${caddyName}: keys of a key set verify, and aren't taken for secrets`,
  options,
  async () => {
    for (const alg of ["ES256", "EdDSA"]) {
      const pair = await generateKeyPair(alg, { extractable: true });
      const jwk = { ...await exportJWK(pair.publicKey), kid: "1" };
      // Without an "alg" the module believes the token's.
      await using keys = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => Response.json({ keys: [jwk] }),
      );
      const env = { AUTH_SECRET: "", AUTH_JWKS_URL: `http://127.0.0.1:${keys.addr.port}/` };
      await withCaddy(env, async (tap, caddy) => {
        const jwt = () => new SignJWT({ ...ISSUER, shape: { table: "items" }, exp: now() + 600 });
        const good = await jwt().setProtectedHeader({ alg, kid: "1" }).sign(pair.privateKey);
        assert.equal((await ask(caddy, good, "table=items")).status, 200, alg);
        tap.reset();
        const secret = Uint8Array.from(
          atob(`${jwk.x}`.replaceAll("-", "+").replaceAll("_", "/")),
          (char) => char.charCodeAt(0),
        );
        for (const key of [secret, new TextEncoder().encode(jwk.x)]) {
          const forged = await jwt().setProtectedHeader({ alg: "HS256", kid: "1" }).sign(key);
          assert.equal((await ask(caddy, forged, "table=items")).status, 401);
        }
        assert.deepEqual(tap.requests, []);
      });
    }
  },
);

Deno.test(`${caddyName} doesn't start with an environment that it can't use`, options, async () => {
  const url = { ELECTRIC_URL: "http://127.0.0.1:1" };
  const cases: readonly [Record<string, string>, RegExp][] = [
    [{}, /ELECTRIC_URL is missing/],
    [{ ELECTRIC_URL: "http://127.0.0.1:1/base" }, /without a path/],
    [{ ELECTRIC_URL: "localhost:3000" }, /ELECTRIC_URL must be/],
    [{ ...url, AUTH_SECRET: "short" }, /AUTH_SECRET is missing or too short/],
    [{ ...url, AUTH_JWKS_URL: "http://x/" }, /only one of/],
    [{ ...url, AUTH_JWKS: "{}" }, /AUTH_JWKS_URL/],
    [{ ...url, AUTH_PRIVATE_JWK: "{}" }, /must not be able to sign/],
  ];
  for (const [env, says] of cases) await assert.rejects(startCaddy(env), says);
});
