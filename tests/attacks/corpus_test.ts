import { doesNotMatch, equal, ok } from "node:assert/strict";
import { headerOf } from "../support/http_reader.ts";
import { Attacker, type Target } from "./attacker.ts";
import { requestAttacks } from "./corpus.ts";
import { edgeTarget, gatekeeperTarget } from "./targets.ts";

async function attackAll(target: Target): Promise<void> {
  using attacker = await Attacker.create(target, 0);
  const failures: string[] = [];
  const attacks = requestAttacks(attacker);
  for (const { name, bytes, statuses } of attacks) {
    try {
      const answer = await attacker.send(bytes, true, !statuses.includes(0));
      const status = answer?.status ?? 0;
      if (!statuses.includes(status)) failures.push(`${name}: ${status}, not ${statuses}`);
      if (answer === null || status < 400 || answer.body === "") continue;
      // Caches and browsers: our refusals are kept by nobody and read by everybody.
      const kept = headerOf(answer.headers, "cache-control");
      const open = headerOf(answer.headers, "access-control-allow-origin");
      if (kept !== "no-store" || open !== "*") failures.push(`${name}: ${kept}, ${open}`);
      if (/evil|secrets|Bearer ey/.test(answer.body)) failures.push(`${name}: ${answer.body}`);
    } catch (error) {
      failures.push(`${name}: ${error}`);
    }
  }
  equal(failures.join("\n"), "");
  doesNotMatch(target.lines.join("\n"), /eyJ|secret|unexpected/, "the log tells too much");
  ok(attacks.length > 600, `${attacks.length} attacks`);
}

Deno.test("no request written by hand gets past the edge", async () => {
  await using target = await edgeTarget();
  await attackAll(target);
});

Deno.test("no request written by hand gets past the gatekeeper's proxy", async () => {
  await using target = await gatekeeperTarget();
  await attackAll(target);
});
