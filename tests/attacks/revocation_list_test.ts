import { deepEqual, equal, match, ok } from "node:assert/strict";
import { CompactSign } from "jose";
import { signList } from "../../gatekeeper/revocations/publish.ts";
import {
  ask,
  listOf,
  reply,
  signed,
  SIGNING,
  startListStack,
  untilAsked,
} from "../revocation/list_server.ts";
import type { TapReply } from "../support/tap.ts";
import { now, signToken } from "../support/token.ts";

const ISSUED = { iss: "gatekeeper", aud: "items-app", iat: now() + 1, subjects: {}, tables: {} };
const ENV = { AUTH_AUDIENCE: "items-app", AUTH_CLOCK_TOLERANCE: "60" };
const CHECKS = { audience: "items-app" };

/** Any claims with any header, signed with the key that edges know. */
function forge(claims: unknown, header: Record<string, unknown> = {}): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: "HS256", typ: "revocations+jwt", ...header })
    .sign(SIGNING.key);
}

/** A good empty list, which would undo everything if it were taken. */
const empty = async (checks: { issuer?: string; audience?: string } = CHECKS) =>
  await signList(await listOf(), SIGNING, checks);

const unsecured = (claims: unknown) => {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  return `${part({ alg: "none", typ: "revocations+jwt" })}.${part(claims)}.`;
};

/** What stands in the gatekeeper's place, and what the log says of it. */
const ATTACKS: Readonly<Record<string, [reason: RegExp, reply: () => Promise<TapReply>]>> = {
  "an older list, replayed": [
    /older than the last one/,
    async () => reply(await signList(await listOf([], 30), SIGNING, CHECKS)),
  ],
  "one that is too old": [
    /expired/,
    async () => reply(await signList(await listOf([], 7200), SIGNING, CHECKS)),
  ],
  "one of the future": [
    /issued_at/,
    async () => reply(await signList(await listOf([], -7200), SIGNING, CHECKS)),
  ],
  "a truncated one": [/malformed|signature/, async () => reply((await empty()).slice(0, -9))],
  "one that is cut off in its claims": [
    /malformed/,
    async () => reply((await empty()).slice(0, 60)),
  ],
  "nothing": [/malformed/, () => Promise.resolve(reply(""))],
  "one that another key signed": [/signature/, async () => {
    const key = new TextEncoder().encode("another secret of the same length, or so");
    return reply(await signList(await listOf(), { ...SIGNING, key }, CHECKS));
  }],
  "another issuer's, with a key that signs shapes": [
    /issuer, not gatekeeper/,
    async () => reply(await empty({ issuer: "other", ...CHECKS })),
  ],
  "another gatekeeper's, for another audience": [
    /audience, not items-app/,
    async () => reply(await empty({ audience: "others-app" })),
  ],
  "one for nobody in particular": [/audience/, async () => reply(await empty({}))],
  "a list that nobody signed": [
    /algorithm|malformed/,
    () => Promise.resolve(reply(unsecured(ISSUED))),
  ],
  "a token": [/type/, async () => reply(await signToken({ ...ISSUED, shape: { table: "items" } }))],
  "a list that says it is a token": [
    /type/,
    async () => reply(await forge(ISSUED, { typ: "JWT" })),
  ],
  "one without a type": [/type/, async () => reply(await forge(ISSUED, { typ: undefined }))],
  "one that insists on an extension": [
    /malformed/,
    async () => reply(await forge({ ...ISSUED, iat: now() }, { crit: ["b64"], b64: true })),
  ],
  "one that doesn't say when": [
    /issued_at/,
    async () => reply(await forge({ ...ISSUED, iat: undefined })),
  ],
  "one whose times are none": [
    /entries/,
    async () => reply(await forge({ ...ISSUED, subjects: { x: "soon" } })),
  ],
  "one whose entries are none": [
    /entries/,
    async () => reply(await forge({ ...ISSUED, tables: 7 })),
  ],
  "one without entries": [
    /entries/,
    async () => reply(await forge({ ...ISSUED, subjects: undefined })),
  ],
  "10 MB": [/body_too_large/, () => Promise.resolve(reply("x".repeat(10_000_000)))],
  "10 MB that are signed": [/body_too_large/, async () => {
    const tables = Object.fromEntries(Array.from({ length: 400_000 }, (_, i) => [`t${i}`, 1]));
    return reply(await forge({ ...ISSUED, tables }));
  }],
  "a redirect to a good one": [/status 302/, async () => {
    const location = `data:application/jwt,${await empty()}`;
    return reply("", [["location", location]], 302);
  }],
  "a good one with an error's status": [/status 500/, async () => reply(await empty(), [], 500)],
  "a page": [
    /malformed/,
    () => Promise.resolve(reply("<!doctype html><p>Hi", [["content-type", "text/html"]])),
  ],
  "nobody": [/unreachable/, () => Promise.resolve("cut")],
};

Deno.test("no list that isn't the gatekeeper's latest is taken; the last good one stays", async (t) => {
  const first = reply(await signList(await listOf(["mallory"]), SIGNING, CHECKS));
  const claims = { aud: "items-app" };
  await using stack = await startListStack(first, ENV, { claims });
  equal(await stack.status("mallory"), 401);
  equal(await stack.status("alice"), 200);
  for (const [name, [reason, attack]] of Object.entries(ATTACKS)) {
    await t.step(name, async () => {
      const before = stack.lines.length;
      stack.gatekeeper.answer = await attack();
      await untilAsked(stack);
      equal(await stack.status("mallory"), 401);
      equal(await stack.status("alice"), 200);
      const said = stack.lines.join("\n");
      match(said, reason, stack.lines.slice(before).join("\n"));
    });
  }
  await t.step("a good one is taken again", async () => {
    stack.gatekeeper.answer = reply(await empty());
    await untilAsked(stack);
    equal(await stack.status("mallory"), 200);
  });
  await t.step("the log tells each once, and nothing of what came", () => {
    const lines = stack.lines.filter((line) => line.includes("list of revocations"));
    deepEqual([...new Set(lines)], lines);
    ok(lines.length <= Object.keys(ATTACKS).length);
    ok(!/eyJ|doctype|mallory/.test(stack.lines.join("\n")), stack.lines.join("\n"));
  });
});

Deno.test("without a tolerance a list of this second is good, for its time has fractions", async () => {
  const ahead = reply(await signed([], -3));
  await using stack = await startListStack(ahead, { AUTH_CLOCK_TOLERANCE: "0" });
  equal(await stack.status(), 200);
});

Deno.test("a list is no token, whoever signed it", async () => {
  await using stack = await startListStack(reply(await signed()));
  const shape = { table: "items" };
  for (
    const list of [
      await signed(),
      await signed(["alice"]),
      await forge({ ...ISSUED, exp: now() + 600 }),
    ]
  ) {
    const response = await ask(stack.url, list);
    await response.body?.cancel();
    equal(response.status, 401);
  }
  // Nor is one with all that a token has, however its type is written.
  for (const typ of ["REVOCATIONS+JWT", "application/revocations+jwt"]) {
    const claims = { ...ISSUED, exp: now() + 600, shape };
    const response = await ask(stack.url, await forge(claims, { typ }));
    await response.body?.cancel();
    equal(response.status, 401);
  }
  const both = await ask(stack.url, await forge({ ...ISSUED, exp: now() + 600, shape }));
  await both.body?.cancel();
  equal(both.status, 401);
});

Deno.test("a gatekeeper that is slow holds nothing up, and its list isn't waited for long", async (t) => {
  await using stack = await startListStack(reply(await signed(["mallory"])));
  equal(await stack.status("mallory"), 401);
  const drip: TapReply = {
    headers: [["content-length", "1000"]],
    stream: async (write) => {
      for (let i = 0; i < 40; i++) {
        await write("e");
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
  };
  for (
    const [name, slow] of Object.entries({ "no answer": "hang" as const, "byte by byte": drip })
  ) {
    await t.step(name, async () => {
      stack.gatekeeper.answer = slow;
      const began = performance.now();
      const { requests } = stack.gatekeeper;
      const asked = requests.length;
      // As long as requests come, none waits.
      while (requests.length === asked || performance.now() - began < 2500) {
        const at = performance.now();
        equal(await stack.status("mallory"), 401);
        equal(await stack.status(), 200);
        const took = performance.now() - at;
        ok(took < 1000, `${took} ms`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
  }
});
