/** Milliseconds between two looks at what is under way. */
const TICK = 100;

const watched = new Set<() => void>();
let ticking = false;

/**
 * Calls `look` every tenth of a second until what this gives is called. One clock looks after all
 * that waits, as a timer for each costs a tenth of a quick request.
 */
export function watch(look: () => void): () => void {
  watched.add(look);
  if (!ticking) tick();
  return () => void watched.delete(look);
}

function tick(): void {
  for (const look of watched) look();
  ticking = watched.size > 0;
  // Not setTimeout, whose first call takes 4 ms of a cold start.
  if (ticking) AbortSignal.timeout(TICK).addEventListener("abort", tick);
}
