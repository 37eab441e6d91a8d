import { offerHelp } from "../cli/help.ts";
import { ask, signIn, startUsersStack } from "../tests/users/stack.ts";

offerHelp(`Measures what the example's policies take to decide.

  deno task bench:policies`);

/** How long each row of the table is measured, in milliseconds, after a warm-up of a quarter. */
const TIME = 4000;

/** Asks with so many at once; gives requests per second and percentiles of the time in milliseconds. */
async function measure(concurrency: number, once: () => Promise<number>) {
  const times: number[] = [];
  const start = performance.now() + TIME / 4;
  const worker = async () => {
    for (let now; (now = performance.now()) < start + TIME;) {
      const status = await once();
      if (status !== 200) throw new Error(`answered ${status}`);
      if (now >= start) times.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  times.sort((a, b) => a - b);
  const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? NaN).toFixed(1));
  return {
    "tokens/s": Math.round(times.length * 1000 / TIME),
    "p50 ms": at(0.5),
    "p99 ms": at(0.99),
  };
}

// Over HTTP, with Postgres, the gatekeeper and this on one machine.
await using stack = await startUsersStack();
const alice = await signIn("alice");
const rows: Record<string, Record<string, number>> = {};
for (const concurrency of [1, 32, 200]) {
  for (
    const [name, table, authorization] of [
      ["items: allow", "items", undefined],
      ["todos: own rows", "todos", alice],
      ["documents: a query", "documents", alice],
    ] as const
  ) {
    rows[`${name}, ${concurrency} at once`] = await measure(concurrency, async () => {
      return (await ask(stack.gatekeeper.url, table, authorization)).status;
    });
  }
}
console.table(rows);
