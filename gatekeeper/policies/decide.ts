import type { TransactionSql } from "postgres";
import { invalidRequest, Refusal } from "../../shared/refusal.ts";
import { readShape, type Shape } from "../../shared/shape.ts";
import type { User } from "../users/authenticate.ts";
import { checkColumns, checkWhere, forbiddenTable, readColumns } from "../database/catalogue.ts";
import {
  type Database,
  databaseUnavailable,
  isAway,
  isStatementTimeout,
  readOnly,
  STATEMENT_TIMEOUT,
} from "../database/database.ts";
import { type Policies, type Policy, type Question, Rows } from "./policy.ts";
import { RlsRefused } from "./rls/refused.ts";

/** Milliseconds that a decision may take, policy and database together. */
const TIMEOUT = 5000;

/** What to do about a decision that takes longer. */
const ADVICE = "does a policy wait for something, or hold its connection for long?";

/**
 * Gives the shape that a user gets who asks for one, or throws the {@link Refusal} that says why
 * not. What went wrong on our side goes to `explain`, in one line.
 */
export type Decide = (
  user: User | null,
  asked: Shape,
  explain: (line: string) => void,
) => Promise<Shape>;

/** How decisions are made. */
export interface DecideOptions {
  /** Whether the proxy that clients use sends a handle upstream only for its own shape; by default, it does. */
  readonly proxyChecksHandles?: boolean;
  /** Milliseconds that one may take. */
  readonly timeout?: number;
}

/** What to do where a policy grants more than a token can hold. */
export const TOO_MUCH = "Choose rows by a column that many users share, or by a subquery " +
  "(column in (select …)), instead of a long list of values.";

/** A policy's mistake, not the client's. */
class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code = "policy_failed";
}

/**
 * Decides by a table's policy and checks what it grants against the database, in one read-only
 * transaction. The policy comes first, so that whoever may not see a table learns nothing of it.
 * Whatever goes wrong is told, and a 500 or, where another try may help, a 503; never a
 * shape. Without `proxyChecksHandles` no client's clause is signed.
 */
export function createDecide(
  policies: Policies,
  database: Database,
  { proxyChecksHandles = true, timeout = TIMEOUT }: DecideOptions = {},
): Decide {
  return async (user, asked, explain) => {
    const policy = policies(asked.table);
    if (policy === false || policy === null) {
      throw forbiddenTable(asked, policies.tables.includes(asked.table) ? "denied" : "no_policy");
    }
    const progress: Progress = { step: "connection" };
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new DecisionTimeout(ADVICE)), timeout);
    });
    try {
      const decided = readOnly(database, (tx) => {
        over.signal.throwIfAborted();
        const question = { user, shape: asked, sql: until(over.signal, tx) };
        const granted = decide(policy, question, proxyChecksHandles, progress);
        return Promise.race([granted, late]);
      });
      return await Promise.race([decided, late]);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if (error instanceof RlsRefused) {
        explain(`${asked.table}: ${describe(error)}`);
        // As for a table that isn't there: which ones are is nobody's business.
        throw forbiddenTable(asked, "rls_refused");
      }
      const slow = describeSlow(error, progress, asked, timeout);
      explain([slow, describe(error)].filter((line) => line !== "").join(": "));
      if (slow !== "" && progress.step === "policy") throw policySlow(slow);
      if (slow !== "" || isAway(error)) throw databaseUnavailable();
      throw new Refusal(500, "policy_failed", "The policy failed; the gatekeeper's log says why.");
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  };
}

/** What a decision is at: it waits for a connection, then for the policy, then checks the shape. */
interface Progress {
  step: "connection" | "policy" | "check";
}

class DecisionTimeout extends Error {
  override readonly name = "DecisionTimeout";
  readonly code = "decision_timeout";
}

/** Says what took too long, if it was that; else gives an empty string. */
function describeSlow(error: unknown, { step }: Progress, asked: Shape, timeout: number): string {
  const ofQuery = isStatementTimeout(error);
  if (!ofQuery && !(error instanceof DecisionTimeout)) return "";
  const bound = `${(ofQuery ? STATEMENT_TIMEOUT : timeout) / 1000} s`;
  if (step === "connection") return `no connection to the database was free within ${bound}`;
  if (step === "check") {
    return `checking the shape of table ${asked.table} took longer than ${bound}`;
  }
  const what = ofQuery ? "a query of the policy" : "the policy";
  return `${what} of table ${asked.table} took longer than ${bound}`;
}

/** 503 besides {@link databaseUnavailable}, for a policy that is too slow: another try may do. */
function policySlow(line: string): Refusal {
  const message = `${line.charAt(0).toUpperCase()}${line.slice(1)}. Try again in a moment.`;
  return new Refusal(503, "unavailable", message, { "retry-after": "2" });
}

async function decide(
  policy: Policy,
  question: Question,
  proxyChecksHandles: boolean,
  progress: Progress,
): Promise<Shape> {
  const { shape: asked, sql: tx } = question;
  progress.step = "policy";
  const verdict = typeof policy === "function" ? await policy(question) : policy;
  progress.step = "check";
  if (verdict === false || verdict === null) throw forbiddenTable(asked, "denied");
  if (verdict !== true && !(verdict instanceof Rows)) {
    throw new PolicyError(`a policy answers true, false, null or rows, not ${typeof verdict}`);
  }
  if (verdict !== true) refuseMore(asked, verdict);
  if (verdict === true && !proxyChecksHandles) refuseClause(asked);
  const known = await readColumns(tx, asked);
  checkColumns(asked, known);
  if (verdict === true) {
    await checkWhere(tx, asked, "client");
    return asked;
  }
  try {
    const granted = narrow(asked, verdict);
    checkColumns(granted, known);
    await checkWhere(tx, granted, "policy");
    return granted;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const hint = error.message.includes("is over") ? ` ${TOO_MUCH}` : "";
    throw new PolicyError(`of ${asked.table}: ${error.message}${hint}`);
  }
}

/**
 * A client's clause is never joined with a policy's: `(a) and (b)` is broken by `true) or (true`.
 * The clause that an earlier answer held may be sent again, as clients do.
 */
function refuseMore(asked: Shape, granted: Rows): void {
  const { table } = asked;
  const same = asked.where === granted.where && `${asked.params}` === `${granted.params}`;
  if (!same && (asked.where !== null || asked.params.length > 0)) {
    throw invalidRequest(
      `The rows of ${table} are chosen for you: leave where and params out, ` +
        "and narrow further with subset queries.",
    );
  }
  const more = asked.columns?.filter((name) => granted.only?.includes(name) === false) ?? [];
  if (more.length === 0) return;
  const message = `You may not sync these columns of ${table}: ${more.join(", ")}.`;
  throw new Refusal(403, "forbidden", message);
}

/**
 * A clause can be chosen so that its shape has the hash of another table's, whose rows Electric then
 * serves for that one's handle; only a proxy that checks handles stops it.
 */
function refuseClause({ table, where }: Shape): void {
  if (where === null) return;
  const message = `This server's proxy takes no where of a client's for ${table}: leave it and ` +
    "params out, and narrow with subset queries.";
  throw new Refusal(403, "forbidden", message);
}

function narrow(asked: Shape, { where, params, only }: Rows): Shape {
  return readShape({
    table: asked.table,
    where,
    params,
    columns: asked.columns ?? only,
    replica: asked.full ? "full" : null,
  });
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
  return text.replace(/\p{Cc}+/gu, " ").slice(0, 400);
}
