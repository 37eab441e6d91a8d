import { Refusal } from "../../shared/refusal.ts";
import { digestOf, revokedUntil } from "../../shared/revocations.ts";
import type { Shape } from "../../shared/shape.ts";
import type { User } from "../users/authenticate.ts";
import type { OwnRevocations } from "./own.ts";

/** Seconds after which nothing is decided again; one revocation needs two, unless clocks differ. */
const PATIENCE = 5;

/** A decision that no revocation makes void. */
export interface Standing {
  readonly shape: Shape;
  /** When it was begun, in seconds since the epoch: a token's `iat` must not be later. */
  readonly now: number;
  /** The first second in which a token may be issued that isn't revoked. */
  readonly notBefore: number;
}

/** Decides one; see {@link decideManySince}. Throws the {@link Refusal}s. */
export async function decideSince(
  revocations: Pick<OwnRevocations, "latest" | "now">,
  user: User | null,
  decide: () => Promise<Shape>,
): Promise<Standing> {
  const decideIt = async (): Promise<[null, Shape][]> => [[null, await decide()]];
  const [[, outcome] = []] = await decideManySince(revocations, user, [null], decideIt);
  if (outcome === undefined) throw tooEarly();
  if (outcome instanceof Refusal) throw outcome;
  return outcome;
}

/**
 * Decides, and again those of which tokens, that user's or the table's, were revoked after it began: what
 * was seen may be what they were revoked for. Gives each that was asked with what stands, or with its
 * refusal: a 503 where tokens are revoked faster than it can decide, or the clocks differ too much.
 */
export async function decideManySince<One>(
  revocations: Pick<OwnRevocations, "latest" | "now">,
  user: User | null,
  asked: readonly One[],
  decide: (some: readonly One[]) => Promise<readonly (readonly [One, Shape | Refusal])[]>,
): Promise<[One, Standing | Refusal][]> {
  const subject = await digestOf(user?.id);
  const outcomes = new Map<One, Standing | Refusal>();
  const end = performance.now() + 1000 * PATIENCE;
  let pending = asked;
  while (true) {
    const now = revocations.now();
    const decided = await decide(pending);
    const list = await revocations.latest();
    const revoked = new Map<One, number>();
    for (const [one, outcome] of decided) {
      if (outcome instanceof Refusal) {
        outcomes.set(one, outcome);
        continue;
      }
      const { table } = outcome;
      const until = list === null ? -Infinity : revokedUntil(list, { subject, table });
      if (now > until) outcomes.set(one, { shape: outcome, now, notBefore: until + 1 });
      else revoked.set(one, until);
    }
    pending = [...revoked.keys()];
    const wait = 1000 * (Math.max(...revoked.values()) + 1 - now);
    if (pending.length === 0 || performance.now() + wait > end) break;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return asked.map((one) => [one, outcomes.get(one) ?? tooEarly()]);
}

function tooEarly(): Refusal {
  const message = "Tokens were just revoked. Try again in a moment.";
  return new Refusal(503, "unavailable", message, { "retry-after": "5" }).because("just_revoked");
}
