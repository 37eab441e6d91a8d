/** Milliseconds between two lines that say the same, by default. */
const PAUSE = 10_000;

/** Writes a line unless it has just been written: what ails upstream ails every request. */
export function createSparseLog(
  log: (line: string) => void,
  pause = PAUSE,
): (line: string) => void {
  const written = new Map<string, number>();
  return (line) => {
    const now = Date.now();
    if (now - (written.get(line) ?? -Infinity) < pause) return;
    written.set(line, now);
    log(line);
  };
}
