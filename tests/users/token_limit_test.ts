import { equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { createEdgeHandler } from "../../edge/handler.ts";
import { testRuntime } from "../support/runtime.ts";
import { createMint, TokenTooLong } from "../../gatekeeper/tokens/mint.ts";
import { MAX_TOKEN } from "../../shared/claims.ts";
import { readProxyConfig } from "../../edge/config.ts";
import { secretKeys } from "../../shared/keys.ts";
import { Refusal } from "../../shared/refusal.ts";
import { readShape, type Shape } from "../../shared/shape.ts";
import { AUTH_SECRET, startEdge } from "../support/servers.ts";
import { Tap } from "../support/tap.ts";
import { BY_LIST, signIn, startUsersStack, USERS } from "./stack.ts";

const keys = secretKeys([AUTH_SECRET]);
const proxy = readProxyConfig(
  (name) => name === "ELECTRIC_URL" ? "http://electric" : undefined,
  keys,
);
const mint = createMint({
  signing: { header: { alg: "HS256" }, key: new TextEncoder().encode(AUTH_SECRET) },
  token: { clockTolerance: 5 },
  tokenTtl: 7200,
  shapeUrl: "http://edge/v1/shape",
});

/** An edge whose upstream takes everything. */
const edge = createEdgeHandler([""], proxy, {
  runtime: testRuntime({ fetch: () => Promise.resolve(new Response("[]")) }),
  log: () => {},
});

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom("x", "é", "😀", '"', "\\", "&=%+").chain((char) =>
    fc.integer({ min: 1, max: 4200 }).map((length) => char.repeat(length))
  ),
);
const shapes = fc.record({
  table: name.map((table) => `"${table.replaceAll('"', '""')}"`),
  where: fc.option(text),
  columns: fc.option(fc.uniqueArray(name, { minLength: 1, maxLength: 60 })),
  params: fc.array(text, { maxLength: 5 }),
  replica: fc.constantFrom(null, "full"),
}).map((fields): Shape | null => {
  try {
    return readShape(fields);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}).filter((shape) => shape !== null);

Deno.test("whatever is signed is opened at the edge, and what is longer isn't signed", async () => {
  let [opened, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const now = Math.floor(Date.now() / 1000);
      try {
        const { headers } = await mint(shape, null, now);
        const url = `http://edge/v1/shape?offset=-1&${shape.canonical}`;
        const response = await edge(new Request(url, { headers }));
        equal(response.status, 200, await response.text());
        opened++;
      } catch (error) {
        if (!(error instanceof TokenTooLong)) throw error;
        ok(error.length > MAX_TOKEN);
        refused++;
      }
    }),
    { numRuns: 2000 },
  );
  ok(opened > 200 && refused > 200, `${opened} opened, ${refused} refused`);
});

Deno.test("the longest token passes a real edge, in a URL of its length", async () => {
  await using tap = new Tap();
  await using server = await startEdge({ ELECTRIC_URL: tap.url });
  // Each of these is six bytes in a token, and nine in a URL.
  const shape = readShape({ table: "items", where: "é".repeat(2000), params: ["x".repeat(1700)] });
  const { headers } = await mint(shape, null, Math.floor(Date.now() / 1000));
  ok(headers.Authorization.length > 7400, `${headers.Authorization.length}`);
  const response = await fetch(`${server.url}/v1/shape?offset=-1&${shape.canonical}`, { headers });
  equal(response.status, 200, await response.text());
});

Deno.test("a policy that grants more than a token holds is a 500, and the log says what to do", async () => {
  await using stack = await startUsersStack({}, { file: BY_LIST });
  const { sql, gatekeeper, edge } = stack;
  const ask = async () => {
    const headers = { authorization: await signIn("carol") };
    return await fetch(`${gatekeeper.url}/gatekeeper/documents`, { method: "POST", headers });
  };
  const join = (count: number) =>
    sql.begin(async (tx) => {
      await tx`insert into organisations select gen_random_uuid(), 'o' from generate_series(1, ${count})`;
      await tx`insert into members select id, ${USERS.carol} from organisations on conflict do nothing`;
    });
  await join(140);
  const granted = await ask();
  equal(granted.status, 200);
  const { headers, params: { params, ...shape } } = await granted.json();
  const query = new URLSearchParams({ ...shape, "params[1]": params[1], offset: "-1" });
  equal((await fetch(`${edge.url}/v1/shape?${query}`, { headers })).status, 200);

  for (const count of [30, 100]) {
    await join(count);
    const refused = await ask();
    equal(refused.status, 500);
    match((await refused.json()).message, /log says why/);
    match(
      gatekeeper.process.lines.at(-1) ?? "",
      /500: .*documents.*(8\d{3} bytes|8192 characters).*subquery/,
    );
  }
});
