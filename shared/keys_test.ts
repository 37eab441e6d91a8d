import { equal, notEqual, rejects } from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { verifyToken } from "./claims.ts";
import { readKeys } from "../edge/keys.ts";
import { ConfigError } from "./config_error.ts";
import { publicKeys } from "./keys.ts";
import { remoteKeys } from "./remote_keys.ts";
import { Refusal } from "./refusal.ts";

const SECRET = "a secret of thirty-two bytes, or more";
const checks = { clockTolerance: 5 };

/** A fresh key of a set, and a token that it signed. */
async function signedBy(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...await exportJWK(publicKey), kid, alg: "ES256", use: "sig" };
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  const jwt = new SignJWT({ shape: { table: "items" }, exp });
  return { jwk, token: await jwt.setProtectedHeader({ alg: "ES256", kid }).sign(privateKey) };
}

async function unusable(env: Record<string, string>): Promise<void> {
  await rejects(readKeys((name) => env[name]), ConfigError, JSON.stringify(Object.keys(env)));
}

Deno.test("keys of two kinds, short secrets and public keys in a secret's place stop the start", async () => {
  const { jwk } = await signedBy("a");
  const jwks = JSON.stringify({ keys: [jwk] });
  await unusable({});
  await unusable({ AUTH_SECRET: "short" });
  await unusable({ AUTH_SECRET: SECRET, AUTH_SECRET_PREVIOUS: "short" });
  await unusable({ AUTH_SECRET: SECRET, AUTH_JWKS: jwks });
  await unusable({ AUTH_SECRET: SECRET, AUTH_JWKS_URL: "https://x/jwks.json" });
  await unusable({ AUTH_JWKS: jwks, AUTH_JWKS_URL: "https://x/jwks.json" });
  await unusable({ AUTH_SECRET: jwks });
  await unusable({
    AUTH_SECRET: "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
  });
  await readKeys((name) => ({ AUTH_JWKS: jwks })[name]);
});

Deno.test("a key set holds public P-256 and Ed25519 keys only", async () => {
  const { jwk } = await signedBy("a");
  const { publicKey } = await generateKeyPair("RS256");
  const others = [{ ...jwk, d: "AA" }, { ...jwk, x: "!!" }, await exportJWK(publicKey), {
    kty: "oct",
    k: "AAAA",
  }];
  for (const other of others) {
    await rejects(publicKeys(JSON.stringify({ keys: [jwk, other] })), ConfigError);
  }
  for (const text of ["", "{}", "[]", '{"keys":[]}', '{"keys":{}}']) {
    await rejects(publicKeys(text), ConfigError);
  }
});

Deno.test("a remote set is fetched with patience, kept when it is away, and let go of lost keys", async () => {
  const [first, second, never] = [await signedBy("1"), await signedBy("2"), await signedBy("3")];
  let [fetched, away, set] = [0, false, { keys: [first.jwk] }];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    fetched++;
    return away ? new Response("", { status: 500 }) : Response.json(set);
  });
  const clock = Date.now;
  let ahead = 0;
  Date.now = () => clock() + ahead;
  try {
    const keys = remoteKeys(`http://127.0.0.1:${server.addr.port}/jwks.json`);
    const verify = (token: string) => verifyToken(token, { keys, token: checks });
    const status = (expected: number) => (error: unknown) =>
      error instanceof Refusal && error.status === expected;
    await verify(first.token);
    const before = keys.generation();

    for (let i = 0; i < 20; i++) await rejects(verify(never.token), status(401));
    equal(fetched, 1);

    // The same set again: what was verified with it stays so.
    ahead = 2100;
    for (let i = 0; i < 20; i++) await rejects(verify(never.token), status(401));
    equal(fetched, 2);
    equal(keys.generation(), before);

    [set, ahead] = [{ keys: [second.jwk] }, 4200];
    await verify(second.token);
    notEqual(keys.generation(), before);
    await rejects(verify(first.token), status(401));
    equal(fetched, 3);

    [away, ahead] = [true, 6300];
    for (let i = 0; i < 20; i++) await rejects(verify(never.token), status(503));
    await verify(second.token);
    equal(fetched, 4);

    [away, set, ahead] = [false, { keys: [first.jwk] }, 700_000];
    const kept = keys.generation();
    for (let i = 0; i < 200 && keys.generation() === kept; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    notEqual(keys.generation(), kept);
    await rejects(verify(second.token), status(401));
  } finally {
    Date.now = clock;
    await server.shutdown();
  }
});
