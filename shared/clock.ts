/** Milliseconds between two looks at what is under way. */
const TICK = 100;

/** Calls `look` every tenth of a second until what it gives is called. */
export type Watch = (look: () => void) => () => void;

/** What {@link watchTogether} looks after. */
const watched = new Set<() => void>();
let isTicking = false;

/** One clock looks after all that waits, as a timer for each costs a tenth of a quick request. */
export const watchTogether: Watch = (look) => {
  watched.add(look);
  if (!isTicking) tick();
  return () => void watched.delete(look);
};

function tick(): void {
  for (const look of watched) look();
  isTicking = watched.size > 0;
  if (isTicking) afterTick(tick);
}

/** Not by setTimeout, whose first call takes 4 ms of a cold start. */
function afterTick(next: () => void): void {
  AbortSignal.timeout(TICK).addEventListener("abort", next);
}

/** A clock for each that waits, where a timer ends with the request that began it. */
export const watchAlone: Watch = (look) => {
  const timer = setInterval(look, TICK);
  return () => clearInterval(timer);
};
