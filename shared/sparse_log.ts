/** Milliseconds between two lines that say the same. */
const PAUSE = 10_000;

/** Writes a line unless it has just been written: what ails upstream ails every request. */
export function createSparseLog(log: (line: string) => void): (line: string) => void {
  const written = new Map<string, number>();
  return (line) => {
    const now = Date.now();
    if (now - (written.get(line) ?? -Infinity) < PAUSE) return;
    written.set(line, now);
    log(line);
  };
}
