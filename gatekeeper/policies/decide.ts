import { invalidRequest, Refusal } from "../../shared/refusal.ts";
import { readShape, type Shape } from "../../shared/shape.ts";
import type { User } from "../users/authenticate.ts";
import { checkColumns, checkWhere, forbiddenTable, readColumns } from "../database/catalogue.ts";
import type { Database } from "../database/database.ts";
import { decideOne, type Decision, type Explain, TIMEOUT } from "./decision.ts";
import { type Policies, type Policy, type Question, Rows } from "./policy.ts";
import { PolicyError } from "./policy_error.ts";

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

/**
 * Gives the shape that a user gets who asks for one, or throws the {@link Refusal} that says why
 * not. What went wrong on our side goes to `explain`, in one line.
 */
export type DecideTable = (user: User | null, asked: Shape, explain: Explain) => Promise<Shape>;

/** Decides by tables' policies, each time in a read-only transaction. */
export function createDecide(
  policies: Policies,
  database: Database,
  { proxyChecksHandles = true, timeout = TIMEOUT }: DecideOptions = {},
): DecideTable {
  return (user, asked, explain) =>
    decideOne(tableDecision(policies, asked, proxyChecksHandles), user, database, explain, timeout);
}

/**
 * Decides by a table's policy and checks what it grants against the database. The policy comes first,
 * so that whoever may not see a table learns nothing of it. Without `proxyChecksHandles` no client's
 * clause is signed.
 */
export function tableDecision(
  policies: Policies,
  asked: Shape,
  proxyChecksHandles: boolean,
): Decision {
  return {
    of: `table ${asked.table}`,
    asked,
    checks: `the shape of table ${asked.table}`,
    forbidden: (reason) => forbiddenTable(asked, reason),
    open() {
      const policy = policies(asked.table);
      if (policy === false || policy === null) {
        throw forbiddenTable(asked, policies.tables.includes(asked.table) ? "denied" : "no_policy");
      }
      return (asker, checking) =>
        decideByPolicy(policy, { ...asker, shape: asked }, proxyChecksHandles, checking);
    },
  };
}

/** Asks a policy, and checks what it grants: the table, the columns, the clause and its values. */
export async function decideByPolicy(
  policy: Policy,
  question: Question,
  proxyChecksHandles: boolean,
  checking: () => void,
): Promise<Shape> {
  const { shape: asked, sql: tx } = question;
  const verdict = typeof policy === "function" ? await policy(question) : policy;
  checking();
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
