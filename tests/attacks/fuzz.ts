import fc from "fast-check";
import { Attacker, Bypass, type Target } from "./attacker.ts";
import { attacks } from "./grammar.ts";

/** How many attackers work at once, each on a connection of its own. */
const LANES = 4;

/** What a run found: nothing, or the first attack that got somewhere. */
export interface FuzzResult {
  /** Requests sent. */
  readonly sent: number;
  /** Answers by status; 0 where a connection was ended without one. */
  readonly statuses: ReadonlyMap<number, number>;
  /** What was achieved, and the request that did, made as small as it goes. */
  readonly bypass: string | null;
}

/** How much to do. */
export interface FuzzOptions {
  readonly seed: number;
  readonly runs: number;
  /** Asked before each request: the rest isn't sent once it says so. */
  readonly isStopped?: () => boolean;
}

/** Attacks a target with `runs` generated requests; the same seed makes the same requests. */
export async function fuzz(
  target: Target,
  { seed, runs, isStopped = () => false }: FuzzOptions,
): Promise<FuzzResult> {
  const statuses = new Map<number, number>();
  let sent = 0;
  const attackOf = async (lane: number): Promise<string | null> => {
    using attacker = await Attacker.create(target, lane);
    const property = fc.asyncProperty(attacks, async (attack) => {
      if (isStopped()) return;
      const { bytes, last } = await attack(attacker);
      sent++;
      try {
        const status = (await attacker.send(bytes, last))?.status ?? 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof Bypass)) throw error;
        throw new Bypass(`${error.message}\n${JSON.stringify(bytes.slice(0, 3000))}`);
      }
    });
    const numRuns = Math.ceil(runs / LANES);
    const { failed, errorInstance } = await fc.check(property, { seed: seed + lane, numRuns });
    if (!failed) return null;
    return errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  };
  const found = await Promise.all(Array.from({ length: LANES }, (_, lane) => attackOf(lane)));
  return { sent, statuses, bypass: found.find((text) => text !== null) ?? null };
}
