import type { TransactionSql } from "postgres";
import { Refusal } from "../../shared/refusal.ts";
import type { Shape } from "../../shared/shape.ts";
import type { User } from "../users/authenticate.ts";
import {
  type Database,
  databaseUnavailable,
  isAway,
  isStatementTimeout,
  readOnly,
  STATEMENT_TIMEOUT,
} from "../database/database.ts";
import { oneLine } from "./one_line.ts";
import { RlsRefused } from "./rls/refused.ts";
import { DecisionTimeout, TimeLimit } from "./time_limit.ts";

/** Milliseconds that a decision may take, policy and database together. */
export const TIMEOUT = 5000;

/** Takes a line of the log. */
export type Explain = (line: string) => void;

/** Who asks, and Postgres in a read-only transaction. */
export interface Asker {
  readonly user: User | null;
  readonly sql: TransactionSql;
}

/** Gives the shape that is granted; calls `checking` once the policy has answered. Throws {@link Refusal}s. */
export type Decide = (asker: Asker, checking: () => void) => Promise<Shape>;

/** What is to be decided: a table's shape, or a named one. */
export interface Decision {
  /** As the log says it: `table todos`. */
  readonly of: string;
  /** The shape as the client says it; `null` where the server says all of it. */
  readonly asked: Shape | null;
  /** What is checked after, as the log says it: `the shape of table todos`. */
  readonly checks: string;
  /** 403, in the same words whether it exists or not; `reason` is the log's. */
  readonly forbidden: (reason: string) => Refusal;
  /** Does what needs no database, and gives what decides with it. Throws {@link Refusal}s. */
  readonly open: () => Decide | Promise<Decide>;
}

/** What a decision is at: it reads what was asked, waits for a connection, then for the policy, then checks. */
type Step = "open" | "connection" | "policy" | "check";

/** One try to decide, within its time. */
export class Attempt {
  readonly #decision: Decision;
  readonly #timeout: number;
  readonly #limit: TimeLimit;
  #step: Step = "open";

  constructor(decision: Decision, timeout: number) {
    this.#decision = decision;
    this.#timeout = timeout;
    this.#limit = new TimeLimit(timeout);
  }

  async open(): Promise<Decide> {
    const decide = await this.#limit.within(this.#decision.open());
    this.#step = "connection";
    return decide;
  }

  /** Decides in a transaction of this decision's own. */
  alone(decide: Decide, user: User | null, database: Database): Promise<Shape> {
    return this.#limit.within(readOnly(database, (sql) => this.inside(decide, { user, sql })));
  }

  /** Decides in a transaction that is begun. */
  async inside(decide: Decide, { user, sql }: Asker): Promise<Shape> {
    const { over } = this.#limit;
    over.throwIfAborted();
    this.#step = "policy";
    const granted = decide({ user, sql: until(over, sql) }, () => {
      this.#step = "check";
    });
    return await this.#limit.within(granted);
  }

  /** What a client is told of a failure; what went wrong on our side goes to `explain`, in one line. */
  refusalFor(error: unknown, explain: Explain): Refusal {
    if (error instanceof Refusal) return error;
    if (error instanceof RlsRefused) {
      explain(`${this.#decision.of}: ${describe(error)}`);
      // As for a table that isn't there: which ones are is nobody's business.
      return this.#decision.forbidden("rls_refused");
    }
    const slow = this.#describeSlow(error);
    explain([slow, describe(error)].filter((line) => line !== "").join(": "));
    const isOfPolicy = this.#step === "open" || this.#step === "policy";
    if (slow !== "" && isOfPolicy) return tooSlow(slow);
    if (slow !== "" || isAway(error)) return databaseUnavailable();
    const message = "The policy failed; the gatekeeper's log says why.";
    return new Refusal(500, "policy_failed", message);
  }

  end(): void {
    this.#limit.end();
  }

  /** Says what took too long, if it was that; else gives an empty string. */
  #describeSlow(error: unknown): string {
    const ofQuery = isStatementTimeout(error);
    if (!ofQuery && !(error instanceof DecisionTimeout)) return "";
    const { of, checks } = this.#decision;
    const bound = `${(ofQuery ? STATEMENT_TIMEOUT : this.#timeout) / 1000} s`;
    if (this.#step === "connection") {
      return `no connection to the database was free within ${bound}`;
    }
    if (this.#step === "check") return `checking ${checks} took longer than ${bound}`;
    if (this.#step === "open") return `the schema of ${of} took longer than ${bound}`;
    const what = ofQuery ? "a query of the policy" : "the policy";
    return `${what} of ${of} took longer than ${bound}`;
  }
}

/**
 * Decides in a read-only transaction. Whatever goes wrong is told, and a 500 or, where another try may
 * help, a 503; never a shape.
 */
export async function decideOne(
  decision: Decision,
  user: User | null,
  database: Database,
  explain: Explain,
  timeout = TIMEOUT,
): Promise<Shape> {
  const attempt = new Attempt(decision, timeout);
  try {
    return await attempt.alone(await attempt.open(), user, database);
  } catch (error) {
    throw attempt.refusalFor(error, explain);
  } finally {
    attempt.end();
  }
}

/** A decision that is made before the policy is asked. */
export function refused(refusal: Refusal): Decision {
  const open = () => {
    throw refusal;
  };
  return { of: "nothing", asked: null, checks: "nothing", forbidden: () => refusal, open };
}

/** 503 besides {@link databaseUnavailable}, for what is too slow: another try may do. */
export function tooSlow(line: string): Refusal {
  const message = `${line.charAt(0).toUpperCase()}${line.slice(1)}. Try again in a moment.`;
  return new Refusal(503, "unavailable", message, { "retry-after": "2" });
}

/** Postgres for as long as the decision goes on: the connection is another's afterwards. */
function until(over: AbortSignal, tx: TransactionSql): TransactionSql {
  return new Proxy(tx, {
    apply(target, self, args) {
      over.throwIfAborted();
      return Reflect.apply(target, self, args);
    },
    get(target, name, self) {
      over.throwIfAborted();
      return Reflect.get(target, name, self);
    },
  });
}

/** One line, for whoever wrote the policy: what happened, and where. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `something other than an Error was thrown`;
  const place = /\n\s+at (.*policies\.ts:.*)/.exec(error.stack ?? "")?.[1];
  const text = `${error.name}: ${error.message}${place === undefined ? "" : ` at ${place}`}`;
  return oneLine(text).slice(0, 400);
}
