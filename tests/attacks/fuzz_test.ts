import { equal, ok } from "node:assert/strict";
import { fuzz, type FuzzResult } from "./fuzz.ts";
import { edgeTarget, gatekeeperTarget } from "./targets.ts";

/** Both may be given, to replay or to search longer. */
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 20_000);

function nothingFound({ sent, statuses, bypass }: FuzzResult): void {
  equal(bypass, null, `replay with FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}`);
  ok(sent >= RUNS);
  const counts = [...statuses].sort(([a], [b]) => a - b);
  console.log(`FUZZ_SEED=${SEED}: ${sent} requests, by status: ${counts.join("; ")}`);
  for (const status of [200, 400, 401, 403]) {
    ok((statuses.get(status) ?? 0) > RUNS / 500, `${status}`);
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
