import { equal, ok, rejects } from "node:assert/strict";
import { SignJWT, UnsecuredJWT } from "jose";
import { verifyToken } from "./claims.ts";
import { secretKeys } from "./keys.ts";
import { Refusal } from "./refusal.ts";
import { readShape } from "./shape.ts";

const SECRET = "a secret of thirty-two bytes, or more";
const keys = secretKeys([SECRET]);
const checks = { clockTolerance: 5 };
const now = () => Math.floor(Date.now() / 1000);

/** A token as any other issuer would make it. */
function foreign(payload: Record<string, unknown>, secret = SECRET, alg = "HS256") {
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

async function refused(token: string, extra = {}): Promise<void> {
  await rejects(
    verifyToken(token, { keys, token: { ...checks, ...extra } }),
    (error) => error instanceof Refusal && error.status === 401 && !error.message.includes(token),
  );
}

Deno.test("a signed shape is verified back into the same shape", async () => {
  const shape = readShape({ table: "items", where: "a = $1", params: ["x"], columns: ["Id"] });
  const issuedAt = now();
  const claim = { table: "items", where: "a = $1", params: { "1": "x" }, columns: ['"Id"'] };
  const token = await foreign({ iss: "g", exp: issuedAt + 60, sub: "u1", shape: claim });
  const grant = await verifyToken(token, { keys, token: { ...checks, issuer: "g" } });
  ok(grant.shape.canonical === shape.canonical);
  equal(grant.expiresAt, issuedAt + 60);
});

Deno.test("a token in the design's form from another issuer is as good", async () => {
  const shape = { namespace: null, table: "items", where: null, columns: null };
  const grant = await verifyToken(await foreign({ shape, exp: now() + 60 }), {
    keys,
    token: checks,
  });
  ok(grant.shape.canonical === readShape({ table: "public.items" }).canonical);
});

Deno.test("expired, early, endless and foreign tokens are refused alike", async () => {
  const shape = { table: "items" };
  await refused(await foreign({ shape, exp: now() - 6 }));
  await refused(await foreign({ shape, exp: now() + 60, nbf: now() + 30 }));
  await refused(await foreign({ shape }));
  await refused(await foreign({ shape, exp: "9999999999" }));
  await refused(await foreign({ shape, exp: now() + 60 }, "another secret of thirty-two bytes!!"));
  await refused(await foreign({ shape, exp: now() + 60 }, SECRET.repeat(2), "HS512"));
  await refused(new UnsecuredJWT({ shape, exp: now() + 60 }).encode());
  await refused(await foreign({ shape, exp: now() + 60, aud: "b" }), { audience: "a" });
  await refused(await foreign({ shape, exp: now() + 60 }), { audience: "a" });
  await refused(await foreign({ shape, exp: now() + 60, iss: "b" }), { issuer: "a" });
  await refused("x".repeat(8193));
  await refused("a.b.c");
});

Deno.test("the clock may differ by the tolerance", async () => {
  const token = await foreign({ shape: { table: "items" }, exp: now() - 3 });
  await verifyToken(token, { keys, token: checks });
  await refused(token, { clockTolerance: 0 });
});

Deno.test("a claim that isn't a shape is refused", async () => {
  const claims = [
    undefined,
    null,
    "items",
    ["items"],
    {},
    { table: ["items"] },
    { table: 1 },
    {
      table: "a",
      where: "",
    },
    { table: "a", limit: 1 },
    { columns: ["id"] },
    JSON.parse('{"__proto__": {"table": "items"}}'),
  ];
  for (const shape of claims) await refused(await foreign({ shape, exp: now() + 60 }));
});
