import { offerHelp } from "../../cli/help.ts";
import { fuzz } from "./fuzz.ts";
import { noCaddy } from "../caddy/caddy.ts";
import { caddyTarget, edgeTarget, gatekeeperTarget, type RunningTarget } from "./targets.ts";

offerHelp(`Attacks every proxy with ever new requests until Ctrl-C, or until something is found.

  deno task fuzz

  FUZZ_SEED  the first round's seed, drawn by default
  FUZZ_RUNS  requests of a round and target, 20000 by default`);

const runs = Number(Deno.env.get("FUZZ_RUNS") ?? 20_000);
let seed = Number(Deno.env.get("FUZZ_SEED") ?? Math.floor(Math.random() * 2 ** 31));
let [sent, stopped, found] = [0, false, 0];
const started = Date.now();
Deno.addSignalListener("SIGINT", () => stopped = true);

async function round(target: RunningTarget): Promise<void> {
  const result = await fuzz(target, { seed, runs, isStopped: () => stopped });
  sent += result.sent;
  const counts = [...result.statuses].sort(([a], [b]) => a - b).map((pair) => pair.join("×"));
  console.log(`${target.name} FUZZ_SEED=${seed} FUZZ_RUNS=${runs}: ${counts.join(" ")}`);
  if (result.bypass === null) return;
  found++;
  console.error(result.bypass);
}

{
  await using stack = new AsyncDisposableStack();
  const targets = [stack.use(await edgeTarget()), stack.use(await gatekeeperTarget())];
  if (noCaddy === null) targets.push(stack.use(await caddyTarget()));
  for (; !stopped && found === 0; seed += 1000) {
    for (const target of targets) if (!stopped) await round(target);
  }
}
console.log(
  `${sent} requests in ${Math.round((Date.now() - started) / 1000)} s, ${found} bypasses`,
);
Deno.exit(found === 0 ? 0 : 1);
