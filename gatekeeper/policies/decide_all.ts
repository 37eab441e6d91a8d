import type { TransactionSql } from "postgres";
import { Refusal } from "../../shared/refusal.ts";
import type { Shape } from "../../shared/shape.ts";
import type { User } from "../users/authenticate.ts";
import { type Database, databaseUnavailable, readOnly, undoing } from "../database/database.ts";
import { Attempt, type Decide, type Decision, type Explain, TIMEOUT, tooSlow } from "./decision.ts";
import { DecisionTimeout, TimeLimit } from "./time_limit.ts";
import type { Turns } from "./turns.ts";

/** Milliseconds that all decisions together may take. */
const ALL_TIMEOUT = 10_000;

/** One of many. */
export interface Asked {
  readonly decision: Decision;
  readonly explain: Explain;
}

/** A shape that is granted, or why not. */
export type Outcome = Shape | Refusal;

/** How many are decided. */
export interface DecideAllOptions {
  /** Milliseconds that each may take. */
  readonly one?: number;
  /** Milliseconds that all may take together, with the wait for their turn. */
  readonly all?: number;
  /** Which they wait for before they take a connection. */
  readonly turns: Turns;
}

/**
 * Decides many in one read-only transaction; gives each with its outcome, in order. None spoils another:
 * each begins as the transaction began, whatever the one before did or set. Throws a 503 {@link Refusal}
 * when no turn comes.
 */
export async function decideAll<One extends Asked>(
  asked: readonly One[],
  user: User | null,
  database: Database,
  { one = TIMEOUT, all = ALL_TIMEOUT, turns }: DecideAllOptions,
): Promise<[One, Outcome][]> {
  const limit = new TimeLimit(all);
  const opened = await Promise.all(asked.map(async (each) => {
    return { each, decide: await attempt(each, one, (it) => it.open()) };
  }));
  const outcomes = new Map<One, Outcome>();
  const waiting = new Map<One, Decide>();
  for (const { each, decide } of opened) {
    if (decide instanceof Refusal) outcomes.set(each, decide);
    else waiting.set(each, decide);
  }
  try {
    // The turn ends with the transaction, which may be after the time is over.
    const transaction = () => readOnly(database, decideInside);
    if (waiting.size > 0) await limit.within(turns.take(transaction));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    for (const each of waiting.keys()) outcomes.set(each, refusalFor(error, each, all));
  } finally {
    limit.end();
  }
  return asked.map((each) => [each, outcomes.get(each) ?? databaseUnavailable()]);

  async function decideInside(tx: TransactionSql): Promise<void> {
    for (const [each, decide] of waiting) {
      limit.over.throwIfAborted();
      const outcome = await attempt(
        each,
        one,
        (it) => undoing(tx, (sql) => it.inside(decide, { user, sql })),
      );
      // Once the time is over, this was told as undecided.
      limit.over.throwIfAborted();
      outcomes.set(each, outcome);
      waiting.delete(each);
    }
  }
}

/** Tries to decide; gives what came of it, or the refusal. */
async function attempt<Result>(
  { decision, explain }: Asked,
  timeout: number,
  work: (attempt: Attempt) => Promise<Result>,
): Promise<Result | Refusal> {
  const it = new Attempt(decision, timeout);
  try {
    return await work(it);
  } catch (error) {
    return it.refusalFor(error, explain);
  } finally {
    it.end();
  }
}

/** For those that the transaction didn't come to. */
function refusalFor(error: unknown, { explain }: Asked, timeout: number): Refusal {
  if (error instanceof DecisionTimeout) {
    const bound = `${timeout / 1000} s`;
    return tooSlow(`what was asked for together took longer than ${bound}`);
  }
  explain(`the transaction failed: ${error instanceof Error ? error.name : "no Error"}`);
  return databaseUnavailable();
}
