import { offerHelp } from "../cli/help.ts";
import { startContenders } from "./contenders.ts";
import { target, token } from "./request.ts";
import { median, round } from "./time.ts";
import { rows, startUpstream } from "./upstream.ts";
import { openRequest } from "../tests/support/raw_http.ts";
import { usageOf } from "../tests/support/usage.ts";
import { needPrograms } from "./wrk.ts";

offerHelp(`Compares what proxies need to pass a large snapshot on.

  deno task bench:snapshot [MiB] [rounds]`);
needPrograms("nginx");

const [size = 200, rounds = 5] = Deno.args.map(Number);
/** How long the slow reader rests before it reads on, and how many MiB it reads in all. */
const [REST, SLOW_SIZE] = [1000, Math.min(size, 20)];

await using upstream = await startUpstream({ "0_0": rows(size * 1024 * 1024) });
await using running = await startContenders(upstream.url, ["bare Deno", "edge"]);
const headers = [["authorization", `Bearer ${await token()}`]] as const;

/** Reads so many MiB of the snapshot, with a rest before each, and gives the MiB a second. */
async function read(url: string, megabytes: number, rest: number): Promise<number> {
  const port = Number(new URL(url).port);
  const began = performance.now();
  using response = await openRequest(port, { target: target({ offset: "0_0" }), headers });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  let [bytes, next] = [0, 0];
  for await (const piece of response.pieces) {
    bytes += piece.length;
    if (bytes >= megabytes * 1024 * 1024) break;
    if (rest === 0 || bytes < next) continue;
    next += 1024 * 1024 * SLOW_SIZE / 5;
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
  if (bytes < megabytes * 1024 * 1024) throw new Error(`${url} broke off after ${bytes} bytes`);
  return bytes / 1024 / 1024 / ((performance.now() - began) / 1000);
}

const rates = new Map<string, number[]>();
const peaks = new Map<string, { slow: number; quick: number }>();
// A peak never falls again, so the slow reader, who must not raise it, comes first.
for (const [name, { url, process }] of running.contenders) {
  await read(url, SLOW_SIZE, REST);
  const slow = (await usageOf(process.group)).peak;
  peaks.set(name, { slow, quick: NaN });
}
// In turn, so that what else the machine does falls on both; the first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const [name, { url, process }] of running.contenders) {
    const rate = await read(url, size, 0);
    if (round > 0) rates.set(name, [...rates.get(name) ?? [], rate]);
    const { slow = NaN } = peaks.get(name) ?? {};
    peaks.set(name, { slow, quick: (await usageOf(process.group)).peak });
  }
}

const base = median(rates.get("bare Deno") ?? []);
console.log(`A body of ${size} MiB, medians of ${rounds} turns`);
console.table(Object.fromEntries(
  [...rates].map(([name, list]) => [name, {
    "MiB/s": round(median(list)),
    "× bare": round(median(list) / base),
    "peak MiB, slow reader": round(peaks.get(name)?.slow ?? NaN),
    "peak MiB, then quick ones": round(peaks.get(name)?.quick ?? NaN),
  }]),
));
