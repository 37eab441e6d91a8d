import { offerHelp } from "../cli/help.ts";
import { startEdge } from "../tests/support/servers.ts";
import { browserHeaders, target } from "./request.ts";
import { median, round } from "./time.ts";
import { rows, startUpstream } from "./upstream.ts";
import { cost, needPrograms } from "./wrk.ts";

offerHelp(`Compares the edge's CPU time for bodies that arrive compressed.

  deno task bench:compressed [seconds a turn] [rounds]`);
needPrograms("wrk", "nginx");

const [seconds = 2, rounds = 3] = Deno.args.map(Number);
const CONNECTIONS = 32;

const files = { "2_0": rows(2048), "0_1": rows(1024 * 1024) };
const compressing = "gzip on; gzip_min_length 1; gzip_types application/json; gzip_comp_level 5;";
await using upstream = await startUpstream(files, compressing);
const ELECTRIC_URL = upstream.url;
await using inflating = await startEdge({ ELECTRIC_URL });
await using passing = await startEdge({ ELECTRIC_URL, ELECTRIC_PASS_COMPRESSED: "1" });
const headers = await browserHeaders();

const ways = {
  "uncompressed": { edge: inflating, headers: { ...headers, "accept-encoding": "identity" } },
  "inflated": { edge: inflating, headers },
  "unopened": { edge: passing, headers },
};
for (const [size, offset] of [["2 KiB", "2_0"], ["1 MiB", "0_1"]] as const) {
  const costs = new Map<string, number[]>();
  for (let turn = 0; turn <= rounds; turn++) {
    for (const [way, { edge, headers }] of Object.entries(ways)) {
      const { microseconds } = await cost(edge, target({ offset }), headers, CONNECTIONS, seconds);
      // The first turn warms up.
      if (turn === 0) continue;
      costs.set(way, [...costs.get(way) ?? [], microseconds]);
    }
  }
  const base = median(costs.get("uncompressed") ?? []);
  const table = [...costs].map(([way, list]) => [way, {
    "CPU µs": Math.round(median(list)),
    "× uncompressed": round(median(list) / base),
  }]);
  console.log(`\nThe edge's CPU for a body of ${size}, ${CONNECTIONS} connections`);
  console.table(Object.fromEntries(table));
}
