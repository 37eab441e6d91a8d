/** FNV-1a's factor, and the number that undoes it (mod 2^32). */
const FACTOR = 0x01000193;
const INVERSE = inverse(FACTOR);
/** Digits on each side of the middle, where the search meets. */
const HALF = 5;

function inverse(odd: number): number {
  let found = odd;
  // Newton's method: each round doubles the number of bits that are right.
  for (let i = 0; i < 5; i++) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}

const encode = (text: string) => new TextEncoder().encode(text);

function forwards(state: number, bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => Math.imul(value ^ byte, FACTOR), state);
}

function backwards(state: number, bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => Math.imul(value, INVERSE) ^ byte, state);
}

/** All numbers of {@link HALF} digits, as text. */
function* halves(): Generator<string> {
  for (let i = 10 ** (HALF - 1); i < 10 ** HALF; i++) yield `${i}`;
}

/**
 * Finds ten digits that give `before + digits + after` this hash, the dev sync service's (27 bits of
 * FNV-1a), as an attacker finds them for Electric's. Takes less than a second, since FNV-1a can be
 * gone backwards; trying texts against a hash that can't takes two minutes.
 */
export function collide(before: string, after: string, hash: number): string {
  const start = forwards(0x811c9dc5 | 0, encode(before));
  const firsts = new Map<number, string>();
  for (const digits of halves()) firsts.set(forwards(start, encode(digits)) | 0, digits);
  const ends = Array.from({ length: 32 }, (_, low) => (hash << 5) | low);
  const goals = ends.map((end) => backwards(end, encode(after)));
  for (const digits of halves()) {
    const bytes = encode(digits);
    for (const goal of goals) {
      const first = firsts.get(backwards(goal, bytes) | 0);
      if (first !== undefined) return first + digits;
    }
  }
  throw new Error("no ten digits have this hash");
}
