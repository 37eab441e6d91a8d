import { equal, ok } from "node:assert/strict";
import { caddyName, noCaddy } from "../caddy/caddy.ts";
import { fuzz, type FuzzResult } from "./fuzz.ts";
import { caddyTarget, edgeTarget, gatekeeperTarget } from "./targets.ts";
import { TEST_ALL } from "../support/test_all.ts";

/** Both may be given, to replay or to search longer. */
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? (TEST_ALL ? 20_000 : 6000));

function nothingFound({ sent, statuses, bypass }: FuzzResult, runs = RUNS): void {
  equal(bypass, null, `replay with FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}: ${bypass}`);
  ok(sent >= runs);
  const counts = [...statuses].sort(([a], [b]) => a - b);
  console.log(`FUZZ_SEED=${SEED}: ${sent} requests, by status: ${counts.join("; ")}`);
  for (const status of [200, 400, 401, 403]) {
    ok((statuses.get(status) ?? 0) > runs / 500, `${status}`);
  }
}

Deno.test("no generated request gets past the edge", async () => {
  await using target = await edgeTarget();
  nothingFound(await fuzz(target, { seed: SEED, runs: RUNS }));
});

Deno.test("no generated request gets past the gatekeeper's proxy", async () => {
  await using target = await gatekeeperTarget();
  nothingFound(await fuzz(target, { seed: SEED, runs: RUNS }));
});

Deno.test({
  name: `no generated request gets past ${caddyName}`,
  ignore: noCaddy !== null,
  fn: async () => {
    await using target = await caddyTarget();
    // It takes three times as long as the others to answer.
    const runs = Math.ceil(RUNS / 2);
    nothingFound(await fuzz(target, { seed: SEED, runs }), runs);
  },
});
