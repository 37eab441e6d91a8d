import { doesNotMatch, equal, ok } from "node:assert/strict";
import { caddyName, noCaddy } from "../caddy/caddy.ts";
import { type Answer, Attacker, type Target } from "./attacker.ts";
import { writeQuery, writeRequest } from "./request.ts";
import { caddyTarget, edgeTarget, gatekeeperTarget, revokingEdgeTarget } from "./targets.ts";
import { type AsymmetricKeys, asymmetricKeys, badTokens, signWith } from "./token_corpus.ts";
import { forge, inSeconds } from "./tokens.ts";

const SHAPE = 1;

async function ask(attacker: Attacker, token: string): Promise<Answer | null> {
  const query = writeQuery(attacker.shapes[SHAPE]?.query ?? []);
  const headers = [["authorization", `Bearer ${token}`]] as const;
  const target = `${attacker.target.path}?${query}`;
  return await attacker.send(writeRequest({ target, headers }), true, true);
}

const never = (_name: string) => false;

/**
 * Sends every bad token. Those that `isLax` names may be refused as another shape's too, and those
 * that `isTaken` does are left out.
 */
async function refusesAll(
  target: Target,
  keys?: AsymmetricKeys,
  { isLax = never, isTaken = never } = {},
): Promise<void> {
  using attacker = await Attacker.create(target, 0);
  const [good = "", claim] = [attacker.tokens[SHAPE], attacker.shapes[SHAPE]?.claim];
  equal((await ask(attacker, good))?.status, 200);
  const answers = new Map<string, string[]>();
  const tokens = (await badTokens(good, claim, keys ?? await asymmetricKeys()))
    .filter(([name]) => !isTaken(name));
  for (const [name, token] of tokens) {
    const answer = await ask(attacker, token).catch((error: unknown) => `${error}`);
    const seen = typeof answer === "string" ? answer : JSON.stringify([
      answer?.status,
      answer?.headers.filter(([header]) => header.toLowerCase() !== "date"),
      answer?.body,
    ]);
    if (isLax(name) && typeof answer !== "string" && answer?.status === 403) continue;
    answers.set(seen, [...answers.get(seen) ?? [], name]);
  }
  // One and the same answer, whatever was wrong: it must not help a forger.
  equal(answers.size, 1, JSON.stringify([...answers].sort(([, a], [, b]) => a.length - b.length)));
  const [refusal] = answers.keys();
  ok(refusal?.startsWith("[401,") && refusal.includes('Bearer error=\\"invalid_token\\"'), refusal);
  doesNotMatch(target.lines.join("\n"), /eyJ|secret|unexpected/, "the log tells too much");
  ok(tokens.length > 150, `${tokens.length}`);
}

Deno.test("the edge refuses every bad token, in the same words", async () => {
  await using target = await edgeTarget();
  await refusesAll(target);
});

Deno.test("an edge that knows what is revoked refuses every bad token, in the same words", async () => {
  await using target = await revokingEdgeTarget();
  await refusesAll(target);
});

Deno.test("the gatekeeper's proxy refuses every bad token, in the same words", async () => {
  await using target = await gatekeeperTarget();
  await refusesAll(target);
});

Deno.test("an edge with public keys refuses every bad token, in the same words", async () => {
  const keys = await asymmetricKeys();
  for (
    const [alg, kid, { privateKey }] of [["ES256", "es", keys.es256], [
      "EdDSA",
      "ed",
      keys.eddsa,
    ]] as const
  ) {
    const sign = (claim: unknown) => signWith(privateKey, claim, { alg, kid });
    const env = { AUTH_SECRET: "", AUTH_JWKS: JSON.stringify(keys.jwks) };
    await using target = await edgeTarget(env, sign);
    await refusesAll(target, keys);
  }
});

Deno.test("header fields that name keys have no say in a good token", async () => {
  const extras = ['"kid":"../x"', '"jku":"http://127.0.0.1:1/"', '"jwk":{"kty":"oct","k":"AA"}'];
  await using target = await edgeTarget();
  for (const extra of extras) {
    const sign = (shape: unknown) =>
      forge(`{"alg":"HS256",${extra}}`, JSON.stringify({ shape, exp: inSeconds(60) }));
    using attacker = await Attacker.create({ ...target, sign }, 0);
    equal((await ask(attacker, attacker.tokens[SHAPE] ?? ""))?.status, 200, extra);
  }
});

Deno.test("issuer and audience count where they are configured", async () => {
  const claims = { AUTH_ISSUER: "us", AUTH_AUDIENCE: "electric" };
  await using target = await edgeTarget(
    claims,
    (shape) =>
      forge(
        '{"alg":"HS256"}',
        JSON.stringify({ shape, exp: inSeconds(60), iss: "us", aud: ["x", "electric"] }),
      ),
  );
  using attacker = await Attacker.create(target, 0);
  equal((await ask(attacker, attacker.tokens[SHAPE] ?? ""))?.status, 200);
  const shape = attacker.shapes[SHAPE]?.claim;
  for (
    const wrong of [
      {},
      { iss: "us" },
      { aud: "electric" },
      { iss: ["us"], aud: "electric" },
      { iss: "us ", aud: "electric" },
      { iss: "us", aud: "Electric" },
      { iss: "us", aud: [["electric"]] },
    ]
  ) {
    const token = await forge(
      '{"alg":"HS256"}',
      JSON.stringify({ shape, exp: inSeconds(60), ...wrong }),
    );
    equal((await ask(attacker, token))?.status, 401, JSON.stringify(wrong));
  }
});

const unlessMissing = { ignore: noCaddy !== null };

Deno.test(
  `${caddyName} refuses every bad token but a few harmless ones`,
  unlessMissing,
  async () => {
    await using target = await caddyTarget();
    await refusesAll(target, undefined, {
      // Claims of another type, which read as blank, and of two the last: caddy/README.md.
      isLax: (name) => /^the (claim|payload .*secrets)/.test(name),
      // Dates as text, and something after the claims.
      isTaken: (name) => /^the payload .*("exp":"9+"}|"nbf":"0"}|}x)$/.test(name),
    });
  },
);

Deno.test(`${caddyName} with public keys refuses every bad token`, unlessMissing, async () => {
  const keys = await asymmetricKeys();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json(keys.jwks),
  );
  const env = { AUTH_SECRET: "", AUTH_JWKS_URL: `http://127.0.0.1:${server.addr.port}/` };
  const pairs = [["ES256", "es", keys.es256], ["EdDSA", "ed", keys.eddsa]] as const;
  for (const [alg, kid, { privateKey }] of pairs) {
    const sign = (claim: unknown) => signWith(privateKey, claim, { alg, kid });
    await using target = await caddyTarget(env, sign);
    await refusesAll(target, keys);
  }
});
