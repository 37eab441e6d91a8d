import { doesNotMatch, equal, ok } from "node:assert/strict";
import { headerOf } from "../support/http_reader.ts";
import { caddyName, noCaddy } from "../caddy/caddy.ts";
import { Attacker, type Target } from "./attacker.ts";
import { type CorpusAttack, requestAttacks } from "./corpus.ts";
import { OTHER_EDGES } from "../runtimes/edges.ts";
import { signHs256 } from "./tokens.ts";
import { SQL } from "./sql_payloads.ts";
import { caddyTarget, edgeTarget, gatekeeperTarget, revokingEdgeTarget } from "./targets.ts";

/** Attacks with every request; `statusesOf` says what it may be answered. */
async function attackAll(
  target: Target,
  statusesOf = ({ statuses }: CorpusAttack) => statuses,
): Promise<void> {
  using attacker = await Attacker.create(target, 0);
  const failures: string[] = [];
  const attacks = requestAttacks(attacker);
  for (const request of attacks) {
    const { name, bytes } = request;
    const statuses = statusesOf(request);
    try {
      const answer = await attacker.send(bytes, true, !statuses.includes(0));
      const status = answer?.status ?? 0;
      if (!statuses.includes(status)) failures.push(`${name}: ${status}, not ${statuses}`);
      if (answer === null || status < 400 || answer.body === "") continue;
      // What isn't HTTP as they know it, runtimes' servers refuse by themselves and hang up.
      if (!answer.body.startsWith("{")) continue;
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

Deno.test("no request written by hand gets past an edge that knows what is revoked", async () => {
  await using target = await revokingEdgeTarget();
  await attackAll(target);
});

for (const { name, missing, start } of OTHER_EDGES) {
  Deno.test({
    name: `no request written by hand gets past ${name}${missing ? ` (skipped: ${missing})` : ""}`,
    ignore: missing !== null,
    fn: async () => {
      await using target = await edgeTarget({}, signHs256, start);
      await attackAll(target, statusesOfOthers);
    },
  });
}

/** What other servers than Deno's answer by themselves, to what isn't HTTP as they know it. */
function statusesOfOthers({ name, statuses }: CorpusAttack): readonly number[] {
  // Which of two counts for nothing here.
  if (name === "two hosts") return [...statuses, 200];
  return statuses.includes(400) || statuses.includes(405) ? [...statuses, 431, 501] : statuses;
}

Deno.test("no request written by hand gets past the gatekeeper's proxy", async () => {
  await using target = await gatekeeperTarget();
  await attackAll(target);
});

/** What Caddy answers otherwise, mostly because it takes no bodies: caddy/README.md. */
function caddysStatuses({ name, bytes, statuses }: CorpusAttack): readonly number[] {
  if (bytes.startsWith("POST ")) return [400, 405, 501];
  // It looks for words in texts, too.
  if (name.startsWith("an honest where")) return [200, 400];
  // It leaves blank fields out, and what no parser takes for SQL to Electric.
  const text = /^the (?:where|limit|offset) (.*)$/s.exec(name)?.[1];
  if (text === "" || SQL.harmless.some((harmless) => harmless === text)) return [200, 400];
  if (name.startsWith("the body of a GET")) return [200, 400, 413];
  if (name.startsWith("the header transfer-encoding")) return [...statuses, 499, 501];
  // Which goes upstream, and is nobody's.
  if (name === "an over-long handle") return [409];
  if (/^an over-long (?!target)/.test(name)) return [200];
  if (name === "table;=secrets is dropped") return [400];
  return name === "a folded header" ? [401] : statuses;
}

Deno.test({
  name: `no request written by hand gets past ${caddyName}`,
  ignore: noCaddy !== null,
  fn: async () => {
    await using target = await caddyTarget();
    await attackAll(target, caddysStatuses);
  },
});
