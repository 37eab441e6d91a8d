import { equal, rejects } from "node:assert/strict";
import { SignJWT } from "jose";
import { secretKeys, type VerifyingKeys } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import type { Revocations } from "./revocations.ts";
import { createVerifier, type Grant } from "./claims.ts";

const SECRET = "a secret of thirty-two bytes, or more";
const token = { clockTolerance: 5 };
// Half of them live in an older half of the cache.
const FORGOTTEN_AFTER = 4000;
const open = (grant: Grant) => ({ grant });
const verifying = secretKeys([SECRET]);

function sign(claims: Record<string, unknown>): Promise<string> {
  const jwt = new SignJWT({ shape: { table: "items" }, ...claims }).setProtectedHeader({
    alg: "HS256",
  });
  return jwt.sign(new TextEncoder().encode(SECRET));
}

function counted(): { keys: VerifyingKeys; uses: () => number } {
  let uses = 0;
  const finders = verifying.finders.map((find): typeof find => (...args) => {
    uses++;
    return find(...args);
  });
  return { keys: { ...verifying, finders }, uses: () => uses };
}

const bearing = (jwt: string) =>
  new Request("http://x", { headers: { authorization: `Bearer ${jwt}` } });

Deno.test("a token is verified once, then looked up until it expires", async () => {
  const { keys, uses } = counted();
  const verify = createVerifier({ keys, token }, open);
  const exp = Math.floor(Date.now() / 1000) - 3;
  const request = bearing(await sign({ exp }));
  const first = await verify(request);
  equal(verify(request), first);
  equal(uses(), 1);
  const left = 1000 * (exp + token.clockTolerance) - Date.now();
  await new Promise((resolve) => setTimeout(resolve, left + 1));
  await rejects(async () => await verify(request), Refusal);
});

Deno.test("bad tokens are not remembered", async () => {
  const { keys, uses } = counted();
  const verify = createVerifier({ keys, token }, open);
  const expired = bearing(await sign({ exp: 1060 }));
  for (let i = 0; i < 3; i++) await rejects(async () => await verify(expired), Refusal);
  equal(uses(), 3);
});

Deno.test("the oldest of too many tokens is forgotten, not the latest", async () => {
  const { keys, uses } = counted();
  const verify = createVerifier({ keys, token }, open);
  const issuedAt = Math.floor(Date.now() / 1000);
  const make = () => sign({ exp: issuedAt + 60, jti: crypto.randomUUID() }).then(bearing);
  const first = await make();
  await verify(first);
  const last = await make();
  for (let i = 0; i < FORGOTTEN_AFTER; i++) await verify(await make());
  await verify(last);
  const before = uses();
  await verify(last);
  equal(uses(), before);
  await verify(first);
  equal(uses(), before + 1);
});

Deno.test("only a single bearer token is taken from the header", async () => {
  const verify = createVerifier({ keys: verifying, token }, open);
  const good = await sign({ exp: Math.floor(Date.now() / 1000) + 60 });
  const from = async (authorization: string) =>
    (await verify(new Request("http://x", { headers: { authorization } }))).grant.shape.canonical;
  equal(await from(`Bearer ${good}`), "table=items");
  equal(await from(`bearer   ${good}`), "table=items");
  for (
    const bad of [good, `Basic ${good}`, "Bearer", `Bearer ${good} x`, `Bearer ${good}, x`]
  ) {
    await rejects(from(bad), Refusal);
  }
  await rejects(async () => await verify(new Request("http://x")), Refusal);
});

Deno.test("a token that is being verified while the keys change is not remembered", async () => {
  let generation = 0;
  const { keys, uses } = counted();
  const verify = createVerifier({ keys: { ...keys, generation: () => generation }, token }, open);
  const issuedAt = Math.floor(Date.now() / 1000);
  const request = bearing(await sign({ exp: issuedAt + 60 }));
  const pending = verify(request);
  generation = 1;
  await verify(bearing(await sign({ exp: issuedAt + 61 })));
  await pending;
  equal(uses(), 2);
  await verify(request);
  equal(uses(), 3);
});

Deno.test("a remembered token is looked up in the revocations each time, and a new one before", async () => {
  let revoked = -Infinity;
  let isOld = false;
  const revocations: Revocations = {
    upToDate: () => null,
    checkAge() {
      if (isOld) throw new Refusal(503, "unavailable");
    },
    isRevoked: ({ issuedAt, table }) => table === "items" && issuedAt <= revoked,
  };
  const verify = createVerifier({ keys: verifying, token }, open, revocations);
  const iat = Math.floor(Date.now() / 1000);
  const request = bearing(await sign({ iat, exp: iat + 60 }));
  const fails = async (asked: Request, status: number) =>
    await rejects(
      async () => await verify(asked),
      (error) => error instanceof Refusal && error.status === status,
    );
  await verify(request);
  revoked = iat;
  await fails(request, 401);
  await fails(bearing(await sign({ iat: iat - 1, exp: iat + 60 })), 401);
  await verify(bearing(await sign({ iat: iat + 1, exp: iat + 60 })));
  await verify(bearing(await sign({ iat, exp: iat + 60, shape: { table: "todos" } })));
  revoked = -Infinity;
  await verify(request);
  isOld = true;
  await fails(request, 503);
  await fails(bearing(await sign({ iat, exp: iat + 61 })), 503);
});

Deno.test("a token that a revocation might not reach isn't good where there are any", async () => {
  const revocations: Revocations = {
    upToDate: () => null,
    checkAge() {},
    isRevoked: () => false,
  };
  const verify = createVerifier({ keys: verifying, token }, open, revocations);
  const anywhere = createVerifier({ keys: verifying, token }, open);
  const now = Math.floor(Date.now() / 1000);
  const day = 86_400;
  const bad: Record<string, Record<string, unknown>> = {
    "expired": { iat: now - day - 10, exp: now + day },
    "of the future": { iat: now + 60, exp: now + 120 },
    "in milliseconds": { iat: 1000 * now, exp: 1000 * now + 60 },
    "which doesn't say, and lasts": { exp: now + 2 * day },
  };
  for (const [name, claims] of Object.entries(bad)) {
    const jwt = await sign(claims);
    await rejects(async () => await verify(bearing(jwt)), Refusal, name);
    await anywhere(bearing(jwt));
  }
  await rejects(
    async () => await anywhere(bearing(await sign({ sub: 7, exp: now + 60 }))),
    Refusal,
  );
  // One that doesn't say and ends soon is good, and as old as can be.
  const { grant: undated } = await verify(bearing(await sign({ exp: now + 60 })));
  equal(undated.issuedAt, 0);
  // Others end after a day, also when they are remembered or held.
  const { grant } = await verify(bearing(await sign({ iat: now - 60, exp: now + 2 * day })));
  equal(grant.expiresAt, now - 60 + day);
  const almost = bearing(await sign({ iat: now - day - 3, exp: now + day }));
  await verify(almost);
  await new Promise((resolve) => setTimeout(resolve, 3100));
  await rejects(async () => await verify(almost), Refusal);
});

Deno.test("what may be behind is waited for, with a token that is known and one that isn't", async () => {
  let revoked = false;
  const verify = createVerifier({ keys: verifying, token }, open, {
    upToDate: () => Promise.resolve().then(() => void (revoked = true)),
    checkAge() {},
    isRevoked: () => revoked,
  });
  const iat = Math.floor(Date.now() / 1000);
  const request = bearing(await sign({ iat, exp: iat + 60 }));
  await rejects(async () => await verify(request), Refusal);
  let behind = false;
  revoked = false;
  const knowing = createVerifier({ keys: verifying, token }, open, {
    upToDate: () => behind ? Promise.resolve().then(() => void (revoked = true)) : null,
    checkAge() {},
    isRevoked: () => revoked,
  });
  await knowing(request);
  behind = true;
  await rejects(async () => await knowing(request), Refusal);
});

Deno.test("no token outlives a change of the keys", async () => {
  let generation = 0;
  const { keys, uses } = counted();
  const verify = createVerifier({ keys: { ...keys, generation: () => generation }, token }, open);
  const exp = Math.floor(Date.now() / 1000) + 60;
  const request = bearing(await sign({ exp }));
  await verify(request);
  generation = 1;
  await verify(request);
  equal(uses(), 2);
});
