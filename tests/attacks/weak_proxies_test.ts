import { ok } from "node:assert/strict";
import { fuzz } from "./fuzz.ts";
import { WEAKNESSES, weakTarget } from "./weak_proxies.ts";

/** Enough to find every one of these; the sound proxies are asked ten times as often. */
const RUNS = 2000;

for (const [name, weakness] of Object.entries(WEAKNESSES)) {
  Deno.test(`the suite sees a proxy that ${name}`, async () => {
    await using target = weakTarget(weakness);
    const { bypass, sent } = await fuzz(target, { seed: 1, runs: RUNS });
    ok(bypass !== null, `nothing found in ${sent} requests`);
    console.log(`${sent} requests, with those that made it small: ${bypass.slice(0, 250)}`);
  });
}
