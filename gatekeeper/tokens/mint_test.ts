import { equal, notEqual, ok } from "node:assert/strict";
import { decodeJwt } from "jose";
import { readShape, type Shape } from "../../shared/shape.ts";
import { freshKeys, readGatekeeperKeys } from "./keys.ts";
import { createMint } from "./mint.ts";

const user = { id: "u1", role: "authenticated", claims: {} };
const shape = readShape({ table: "items" });

const config = async (changes: { secret?: string; ttl?: number; jwk?: string } = {}) => ({
  ...await readGatekeeperKeys((name) =>
    name === (changes.jwk ? "AUTH_PRIVATE_JWK" : "AUTH_SECRET")
      ? changes.jwk ?? changes.secret ?? "a secret of thirty-two bytes, or more"
      : undefined
  ),
  token: { clockTolerance: 5 },
  tokenTtl: changes.ttl ?? 7200,
  shapeUrl: "http://localhost:8000/v1/shape",
});

const tokenOf = ({ headers }: { headers: { Authorization: string } }) =>
  headers.Authorization.slice(7);

Deno.test("a token is the same for half its life, and lives at least that long from then", async () => {
  const start = 1_800_000_000;
  for (const ttl of [7200, 7201, 60, 3, 2, 1]) {
    const mint = createMint(await config({ ttl }));
    const tokens = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const now = start + Math.floor(i * Math.max(1, ttl / 40));
      const token = tokenOf(await mint(shape, user, now));
      const { iat = NaN, nbf = NaN, exp = NaN, sub } = decodeJwt(token);
      ok(exp - now >= ttl / 2 && exp - iat === ttl && iat <= now && nbf === iat, `${ttl}`);
      equal(sub, "u1");
      tokens.add(token);
    }
    if (ttl >= 60) ok(tokens.size <= 12, `${tokens.size} tokens in five lives of ${ttl} s`);
  }
});

Deno.test("after a revocation there are other bytes, issued after it, and stable again", async () => {
  const mint = createMint(await config());
  const now = 1_800_000_000;
  const before = tokenOf(await mint(shape, user, now));
  const after = tokenOf(await mint(shape, user, now, now - 1));
  notEqual(after, before);
  equal(decodeJwt(after).iat, now - 1);
  equal(tokenOf(await mint(shape, user, now + 1, now - 1)), after);
  // An old one, which concerns no token that is given out now, changes nothing.
  const { iat = NaN } = decodeJwt(before);
  equal(tokenOf(await mint(shape, user, now, iat)), before);
  equal(tokenOf(await mint(shape, user, now, iat - 5)), before);
});

Deno.test("two gatekeepers with one key give the same bytes; user, shape and key make others", async () => {
  const make = async (
    changes: Parameters<typeof config>[0] = {},
    who: typeof user | null = user,
    what = shape,
  ) => tokenOf(await createMint(await config(changes))(what, who, 1_800_000_000));
  const token = await make();
  equal(await make(), token);
  const eddsa = JSON.stringify((await freshKeys()).privateJwk);
  equal(await make({ jwk: eddsa }), await make({ jwk: eddsa }));
  notEqual(await make({ secret: "another secret of thirty-two bytes" }), token);
  notEqual(await make({}, null), token);
  notEqual(await make({}, { ...user, id: "u2" }), token);
  notEqual(await make({}, user, readShape({ table: "items", where: "true" })), token);
  const narrow = { table: "items", columns: ["id"] };
  const jti = async (what: Shape) => decodeJwt(await make({}, user, what)).jti;
  notEqual(
    await jti(readShape(narrow)),
    await jti(readShape({ ...narrow, queryable_columns: ["id", "value"] })),
  );
});

Deno.test("ES256, which signs differently each time, gives the same bytes in one gatekeeper", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ]);
  const jwk = JSON.stringify(await crypto.subtle.exportKey("jwk", pair.privateKey));
  const mint = createMint(await config({ jwk }));
  const [one, two] = await Promise.all([
    mint(shape, user, 1_800_000_000),
    mint(shape, user, 1_800_000_000),
  ]);
  equal(tokenOf(one), tokenOf(two));
});
