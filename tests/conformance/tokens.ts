import assert from "node:assert/strict";
import { AUTH_SECRET } from "../support/servers.ts";
import { now, signToken } from "../support/token.ts";
import type { Check } from "./check.ts";
import type { Subject } from "./subject.ts";

const shape = { table: "items" };
const OTHER_SECRET = "another secret of the tests, long enough";

async function assertInvalid(subject: Subject, what: string, authorization: string): Promise<void> {
  const response = await subject.withAuthorization(authorization);
  assert.equal(response.status, 401, what);
  subject.assertRefused(response, 401, /gatekeeper/);
  assert.equal(response.header("www-authenticate"), 'Bearer error="invalid_token"', what);
}

function encode(value: unknown): string {
  return btoa(JSON.stringify(value)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

async function badTokens(): Promise<Record<string, string>> {
  const good = await signToken({ shape });
  const [header = "", payload = "", signature = ""] = good.split(".");
  const claims = encode({ shape: { table: "secrets" }, exp: now() + 600 });
  const signed = (alg: string) => signToken({ shape }, AUTH_SECRET, { alg });
  return {
    "expired": await signToken({ shape, exp: now() - 10 }),
    "not yet valid": await signToken({ shape, nbf: now() + 60 }),
    "with a text as exp": await signToken({ shape, exp: `${now() + 600}` }),
    "without exp": await signToken({ shape, exp: undefined }),
    "signed with another secret": await signToken({ shape }, OTHER_SECRET),
    "with other claims": `${header}.${claims}.${signature}`,
    "with alg none": `${encode({ alg: "none" })}.${payload}.`,
    "with alg none and a signature": `${encode({ alg: "none" })}.${payload}.${signature}`,
    "without a signature": `${header}.${payload}.`,
    "in two parts": `${header}.${payload}`,
    "HS512 with the same secret": await signed("HS512"),
    "HS384 with the same secret": await signed("HS384"),
    "with an unknown crit": await signToken({ shape }, AUTH_SECRET, {
      alg: "HS256",
      crit: ["b64"],
      b64: true,
    }),
    "without a shape": await signToken({}),
    "with a null shape": await signToken({ shape: null }),
    "with a text as shape": await signToken({ shape: "items" }),
    "with a list as shape": await signToken({ shape: [shape] }),
    "with a shape without table": await signToken({ shape: { where: "true" } }),
    "with an unknown rule in its shape": await signToken({ shape: { ...shape, filter: "x" } }),
    "with a where that is a number": await signToken({ shape: { ...shape, where: 1 } }),
    "with a blank where": await signToken({ shape: { ...shape, where: " " } }),
    "over-long": await signToken({ shape, pad: "x".repeat(9000) }),
    "not a token": "x",
  };
}

/** Who gets in. */
export const tokens: readonly Check[] = [
  ["no token, or none that can be read, is 401", async (subject) => {
    const token = await signToken({ shape });
    const response = await subject.ask({ shape: null });
    subject.assertRefused(response, 401, /gatekeeper/);
    assert.equal(response.header("www-authenticate"), 'Bearer error="invalid_token"');
    const headers = ["", "Bearer", "Bearer ", `Basic ${token}`, token, `Bearer ${token} x`];
    for (const header of [...headers, `Bearer ${token}, Bearer ${token}`]) {
      await assertInvalid(subject, header, header);
    }
    const query = `table=items&access_token=${token}&token=${token}&authorization=Bearer ${token}`;
    const inQuery = await subject.ask({ shape: null, query: query.replaceAll(" ", "%20") });
    subject.assertRefused(inQuery, 401, /gatekeeper/);
  }],
  ["a bad token is 401, first and again", async (subject) => {
    for (const [what, token] of Object.entries(await badTokens())) {
      await assertInvalid(subject, what, `Bearer ${token}`);
      await assertInvalid(subject, `${what}, again`, `Bearer ${token}`);
    }
  }],
  ["a token of another issuer with the secret is as good", async (subject) => {
    const claims = [
      { shape },
      { shape: { table: "items", namespace: "public" } },
      { shape: { table: "items", namespace: null, where: null, columns: null, params: null } },
      { shape, iss: "supabase", aud: "anyone", sub: "u1", jti: "1", iat: now(), nbf: now() },
    ];
    for (const claim of claims) {
      const token = await signToken(claim);
      for (const scheme of ["Bearer", "bearer", "BEARER"]) {
        assert.equal((await subject.withAuthorization(`${scheme} ${token}`)).status, 200);
      }
    }
  }],
  ["a remembered token opens no other shape", async (subject) => {
    const token = await signToken({ shape });
    assert.equal((await subject.withAuthorization(`Bearer ${token}`)).status, 200);
    subject.tap.reset();
    const response = await subject.withAuthorization(`Bearer ${token}`, "table=secrets");
    subject.assertRefused(response, 403, /gatekeeper/);
  }],
];

/** With `AUTH_AUDIENCE=items-app`, `AUTH_ISSUER=gatekeeper` and `AUTH_CLOCK_TOLERANCE=0`. */
export const named: readonly Check[] = [
  ["a token for another audience or of another issuer is 401", async (subject) => {
    const good = { shape, iss: "gatekeeper", aud: "items-app" };
    const bad = [
      { ...good, aud: "other-app" },
      { ...good, aud: ["other-app"] },
      { ...good, aud: undefined },
      { ...good, iss: "other" },
      { ...good, iss: undefined },
    ];
    for (const claims of bad) {
      await assertInvalid(subject, JSON.stringify(claims), `Bearer ${await signToken(claims)}`);
    }
    for (const claims of [good, { ...good, aud: ["other-app", "items-app"] }]) {
      const response = await subject.withAuthorization(`Bearer ${await signToken(claims)}`);
      assert.equal(response.status, 200);
    }
  }],
  ["a remembered token dies with its exp", async (subject) => {
    const exp = now() + 1;
    const token = await signToken({ shape, exp, iss: "gatekeeper", aud: "items-app" });
    const value = `Bearer ${token}`;
    assert.equal((await subject.withAuthorization(value)).status, 200);
    await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 20 - Date.now()));
    subject.tap.reset();
    await assertInvalid(subject, "expired since", value);
  }],
];
