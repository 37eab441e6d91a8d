import { Refusal } from "../../shared/refusal.ts";
import { digestOf, revokedUntil } from "../../shared/revocations.ts";
import type { Shape } from "../../shared/shape.ts";
import type { User } from "../users/authenticate.ts";
import type { OwnRevocations } from "./own.ts";

/** Seconds that a request waits for its second, at most: two, unless clocks differ. */
const PATIENCE = 5;

/** A decision that no revocation makes void. */
export interface Standing {
  readonly shape: Shape;
  /** When it was begun, in seconds since the epoch: a token's `iat` must not be later. */
  readonly now: number;
  /** The first second in which a token may be issued that isn't revoked. */
  readonly notBefore: number;
}

/** Decides one; see {@link decideManySince}. */
export async function decideSince(
  revocations: Pick<OwnRevocations, "latest" | "now">,
  user: User | null,
  decide: () => Promise<Shape>,
): Promise<Standing> {
  const { decided, standing } = await decideManySince(
    revocations,
    user,
    decide,
    (shape) => [shape],
  );
  return standing(decided);
}

/**
 * Decides, and again when tokens of that user, for one of those tables, were revoked after it began: what it
 * saw may be what they were revoked for. `granted` gives the shapes of what was decided. Throws a 503
 * {@link Refusal} while the clocks differ too much.
 */
export async function decideManySince<Decided>(
  revocations: Pick<OwnRevocations, "latest" | "now">,
  user: User | null,
  decide: () => Promise<Decided>,
  granted: (decided: Decided) => readonly Shape[],
): Promise<{ readonly decided: Decided; readonly standing: (shape: Shape) => Standing }> {
  const subject = await digestOf(user?.id);
  while (true) {
    const now = revocations.now();
    const decided = await decide();
    const list = await revocations.latest();
    const untilOf = ({ table }: Shape) =>
      list === null ? -Infinity : revokedUntil(list, { subject, table });
    const until = Math.max(-Infinity, ...granted(decided).map(untilOf));
    if (now > until) {
      return { decided, standing: (shape) => ({ shape, now, notBefore: untilOf(shape) + 1 }) };
    }
    const wait = until + 1 - now;
    if (wait > PATIENCE) throw tooEarly();
    await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
  }
}

function tooEarly(): Refusal {
  const message = "Tokens were just revoked. Try again in a moment.";
  return new Refusal(503, "unavailable", message, { "retry-after": "5" }).because("clocks_differ");
}
