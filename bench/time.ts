/** Mean time of one call in microseconds, the best of three runs after a warm-up. */
export async function microseconds(calls: number, call: () => unknown): Promise<number> {
  let best = Infinity;
  for (let run = 0; run < 4; run++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await call();
    if (run > 0) best = Math.min(best, (performance.now() - start) * 1000 / calls);
  }
  return best;
}

/** Prints times with their ratios to the first. */
export function printTimes(times: Readonly<Record<string, number>>): void {
  const [base = NaN] = Object.values(times);
  const rows = Object.entries(times)
    .map(([name, time]) => [name, { "µs": round(time), "× first": round(time / base) }]);
  console.table(Object.fromEntries(rows));
}

/** The one in the middle; `NaN` of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Three significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}
