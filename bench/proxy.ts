import { offerHelp } from "../cli/help.ts";
import { startContenders } from "./contenders.ts";
import { browserHeaders, target } from "./request.ts";
import { median } from "./time.ts";
import { rows, startUpstream } from "./upstream.ts";
import { cost, needPrograms } from "./wrk.ts";

offerHelp(`Compares proxies: CPU time a request, rate and 99th percentile.

  deno task bench:proxy [seconds a turn] [rounds] [names, with commas]`);
needPrograms("wrk", "nginx");

const [seconds = 2, rounds = 3] = Deno.args.slice(0, 2).map(Number);
const only = Deno.args[2]?.split(",");

interface Turn {
  readonly microseconds: number;
  readonly rate: number;
  readonly p99: number;
}

await using upstream = await startUpstream({ "0_0": rows(200), "0_1": rows(1024 * 1024) });
await using running = await startContenders(upstream.url, only);
const headers = await browserHeaders();

for (const [size, offset] of [["small", "0_0"], ["1 MiB", "0_1"]] as const) {
  for (const connections of [1, 32, 256]) {
    const turns = new Map<string, Turn[]>();
    // In turn, so that what else the machine does falls on all of them; the first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const [name, contender] of running.contenders) {
        const { requests, seconds: time, p99, microseconds } = await cost(
          contender,
          target({ offset }),
          headers,
          connections,
          round === 0 ? 1 : seconds,
        );
        if (round > 0) {
          turns.set(name, [...turns.get(name) ?? [], { microseconds, rate: requests / time, p99 }]);
        }
      }
    }
    const of = (name: string, key: keyof Turn) =>
      median((turns.get(name) ?? []).map((t) => t[key]));
    const ratio = (name: string, key: keyof Turn, base: string) =>
      Number((of(name, key) / of(base, key)).toFixed(2));
    const table = [...turns.keys()].map((name) => [name, {
      "CPU µs": Math.round(of(name, "microseconds")),
      "× bare": ratio(name, "microseconds", "bare Deno"),
      "× example": ratio(name, "microseconds", "example"),
      "req/s": Math.round(of(name, "rate")),
      "req/s × bare": ratio(name, "rate", "bare Deno"),
      "p99 ms": Number(of(name, "p99").toFixed(2)),
      "p99 × bare": ratio(name, "p99", "bare Deno"),
    }]);
    console.log(
      `\n${size} body, ${connections} connections, medians of ${rounds} turns of ${seconds} s`,
    );
    console.table(Object.fromEntries(table));
  }
}
