import { equal, rejects, throws } from "node:assert/strict";
import { signShape } from "./claims.ts";
import { secretKeys, type VerifyingKeys } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { Shape } from "./shape.ts";
import { createVerifier } from "./verifier.ts";

const SECRET = "a secret of thirty-two bytes, or more";
const signing = { header: { alg: "HS256" }, key: new TextEncoder().encode(SECRET) } as const;
const checks = { issuer: undefined, audience: undefined, clockTolerance: 5 };
const verifying = secretKeys([SECRET]);
const shape = Shape.parse({ table: "items" });

function counted(): { keys: VerifyingKeys; uses: () => number } {
  let uses = 0;
  const finders = verifying.finders.map((find): typeof find => (...args) => {
    uses++;
    return find(...args);
  });
  return { keys: { ...verifying, finders }, uses: () => uses };
}

const bearing = (token: string) =>
  new Request("http://x", { headers: { authorization: `Bearer ${token}` } });

Deno.test("a token is verified once, then looked up until it expires", async () => {
  const { keys, uses } = counted();
  let now = Date.now();
  const verify = createVerifier(keys, checks, () => now);
  const issuedAt = Math.floor(now / 1000);
  const request = bearing(await signShape(shape, signing, { exp: issuedAt + 60 }));
  const first = await verify(request);
  equal(verify(request), first);
  equal(uses(), 1);
  now = (issuedAt + 64) * 1000;
  equal(verify(request), first);
  now = (issuedAt + 65) * 1000;
  throws(() => verify(request), Refusal);
});

Deno.test("bad tokens are not remembered", async () => {
  const { keys, uses } = counted();
  const verify = createVerifier(keys, checks);
  const token = await signShape(shape, signing, { exp: 1060 });
  for (let i = 0; i < 3; i++) await rejects(async () => await verify(bearing(token)), Refusal);
  equal(uses(), 3);
});

Deno.test("the oldest of too many tokens is forgotten, not the latest", async () => {
  const { keys, uses } = counted();
  const verify = createVerifier(keys, checks);
  const issuedAt = Math.floor(Date.now() / 1000);
  const make = () =>
    signShape(shape, signing, { exp: issuedAt + 60, jti: crypto.randomUUID() }).then(bearing);
  const first = await make();
  await verify(first);
  const last = await make();
  for (let i = 0; i < 2000; i++) await verify(await make());
  await verify(last);
  const before = uses();
  await verify(last);
  equal(uses(), before);
  await verify(first);
  equal(uses(), before + 1);
});

Deno.test("only a single bearer token is taken from the header", async () => {
  const verify = createVerifier(verifying, checks);
  const token = await signShape(shape, signing, { exp: Math.floor(Date.now() / 1000) + 60 });
  const from = async (authorization: string) =>
    (await verify(new Request("http://x", { headers: { authorization } }))).shape.canonical;
  equal(await from(`Bearer ${token}`), shape.canonical);
  equal(await from(`bearer   ${token}`), shape.canonical);
  for (
    const bad of [token, `Basic ${token}`, "Bearer", `Bearer ${token} x`, `Bearer ${token}, x`]
  ) {
    await rejects(from(bad), Refusal);
  }
  throws(() => verify(new Request("http://x")), Refusal);
});

Deno.test("a token that is being verified while the keys change is not remembered", async () => {
  let generation = 0;
  const { keys, uses } = counted();
  const verify = createVerifier({ ...keys, generation: () => generation }, checks);
  const issuedAt = Math.floor(Date.now() / 1000);
  const request = bearing(await signShape(shape, signing, { exp: issuedAt + 60 }));
  const pending = verify(request);
  generation = 1;
  await verify(bearing(await signShape(shape, signing, { exp: issuedAt + 61 })));
  await pending;
  equal(uses(), 2);
  await verify(request);
  equal(uses(), 3);
});

Deno.test("no token outlives a change of the keys", async () => {
  let generation = 0;
  const { keys, uses } = counted();
  const verify = createVerifier({ ...keys, generation: () => generation }, checks);
  const exp = Math.floor(Date.now() / 1000) + 60;
  const request = bearing(await signShape(shape, signing, { exp }));
  await verify(request);
  generation = 1;
  await verify(request);
  equal(uses(), 2);
});
