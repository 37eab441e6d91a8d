import { offerHelp } from "../cli/help.ts";
import { ROOT } from "../tests/support/process.ts";
import { startModule } from "./contenders.ts";
import { browserHeaders, target } from "./request.ts";
import { rows, startUpstream } from "./upstream.ts";
import { median, round } from "./time.ts";

offerHelp(`Measures how long the edge takes to start, from its sources and from one file.

  deno task bench:start`);

const RUNS = 10;
const task = new Deno.Command(Deno.execPath(), { args: ["task", "-q", "bundle"], cwd: ROOT });
if (!(await task.output()).success) throw new Error("deno task bundle failed; run it to see why");
const CONTENDERS = {
  "bare Deno": "bench/servers/bare.ts",
  "edge": "supabase/functions/edge/index.ts",
  "edge, bundled": "dist/edge.js",
};
await using upstream = await startUpstream({ "0_0": rows(200) });
const headers = await browserHeaders();

/** Milliseconds from the start of a process to its first proxied byte. */
async function firstByte(start: () => Promise<AsyncDisposable & { url: string }>): Promise<number> {
  const began = performance.now();
  await using server = await start();
  const response = await fetch(server.url + target({ offset: "0_0" }), { headers });
  if (!response.ok) throw new Error(`${response.status}`);
  await response.body?.getReader().read();
  return performance.now() - began;
}

const times: Record<string, number[]> = {};
for (let run = 0; run <= RUNS; run++) {
  for (const [name, module] of Object.entries(CONTENDERS)) {
    const time = await firstByte(() => startModule(module, upstream.url));
    // The first run fills Deno's caches.
    times[name] = run === 0 ? [] : [...times[name] ?? [], time];
  }
}
const base = median(times["bare Deno"] ?? []);
console.log(`Process start to first proxied byte, medians of ${RUNS} starts in turn`);
console.table(Object.fromEntries(
  Object.entries(times).map((
    [name, list],
  ) => [name, { ms: round(median(list)), "× bare": round(median(list) / base) }]),
));

const info = new Deno.Command(Deno.execPath(), {
  args: ["info", "--json", "supabase/functions/edge/index.ts"],
  cwd: ROOT,
});
const graph: { modules: { specifier: string; size?: number }[] } = JSON.parse(
  new TextDecoder().decode((await info.output()).stdout),
);
const own = graph.modules.filter(({ specifier }) =>
  specifier.startsWith("file:") && !specifier.includes("/node_modules/")
);
const bytes = own.reduce((sum, { size = 0 }) => sum + size, 0);
console.log(
  `The edge's own modules: ${own.length}, ${round(bytes / 1024)} KiB with comments; and jose.`,
);
