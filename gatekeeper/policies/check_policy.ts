import type { Sql } from "postgres";
import { Refusal } from "../../shared/refusal.ts";
import { readShape } from "../../shared/shape.ts";
import { openDatabase } from "../database/choose.ts";
import type { Database } from "../database/database.ts";
import { missingTables } from "../database/missing_tables.ts";
import { securedTables } from "../database/secured_tables.ts";
import { tableDecision } from "./decide.ts";
import { decideOne, type Decision } from "./decision.ts";
import type { Policies } from "./policy.ts";
import { canParse } from "./sql_tree.ts";
import { type TestUser, toUser } from "./test_policy.ts";

/** What is wrong, and what to do about it. */
export interface Finding {
  /** The table whose policy it is about, as `policies.ts` names it, or `shape <name>`; `null` for all. */
  readonly table: string | null;
  readonly message: string;
}

/** What {@link checkPolicies} checks with. */
export interface CheckOptions {
  /** Postgres with your tables: its URL, or a postgresjs pool of yours. */
  readonly database: string | Sql;
  /** Who asks; by default nobody in particular, and someone with a random id. */
  readonly users?: readonly (TestUser | null)[];
}

/**
 * Looks whether the tables of your policies are in the database, and lets each policy decide for sample
 * users: what it grants must be what Postgres and Electric read, and row-level security must be one that can be a
 * shape, also of tables that `{ otherwise: rls }` opens. The database is only read.
 */
export async function checkPolicies(
  policies: Policies,
  { database: given, users = sampleUsers() }: CheckOptions,
): Promise<Finding[]> {
  const database = openDatabase(() => undefined, given, () => {});
  try {
    const missing = await missingTables(database.sql, policies);
    const names = missing.map(({ table }) => table);
    const usable = policies.tables.filter((table) => !names.includes(table));
    const findings: Finding[] = missing.map(({ table, kind }) => ({
      table,
      message: whyUnusable(kind),
    }));
    for (const table of [...usable, ...await securedTables(database.sql, policies)]) {
      const decision = tableDecision(policies, readShape({ table }), true);
      const messages = await tryUsers(decision, users, database);
      findings.push(...messages.map((message) => ({ table, message })));
    }
    if (!await canParse()) findings.push(NO_PARSER);
    return findings;
  } finally {
    await database.end({ timeout: 1 });
  }
}

/** Nobody in particular, and someone whom nobody knows. */
export const sampleUsers = (): (TestUser | null)[] => [
  null,
  { id: crypto.randomUUID() },
];

const NO_PARSER: Finding = {
  table: null,
  message: "clauses weren't checked against Electric's grammar, since the package libpg-query " +
    "isn't there: install it beside electric-gatekeeper",
};

/** What `pg_class.relkind` says of what isn't a table. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialised view",
  f: "a foreign table",
};

function whyUnusable(kind: string | null): string {
  if (kind === null) {
    return "the database has no such table: correct the name, or apply the migration that makes it";
  }
  const what = OTHER_KINDS[kind] ?? "no table";
  return `is ${what}, which Electric can't sync: write a policy for the table behind it`;
}

/** Lets each user ask; gives what goes wrong, which a refusal doesn't. */
export async function tryUsers(
  decision: Decision,
  users: readonly (TestUser | null)[],
  database: Database,
): Promise<string[]> {
  const messages = new Map<string, string>();
  for (const user of users) {
    const explained: string[] = [];
    const explain = (line: string) => void explained.push(line);
    try {
      await decideOne(decision, toUser(user), database, explain);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // Less than that is a policy's no, but for row-level security that can't be a shape.
      if (error.status < 500 && error.reason !== "rls_refused") continue;
      const why = (explained.join("; ") || error.message).replace(/\.$/, "");
      const who = user === null ? "nobody in particular" : `user ${user.id}`;
      // Said once is enough.
      if (!messages.has(why)) messages.set(why, `for ${who}, ${why}: correct the policy`);
    }
  }
  return [...messages.values()];
}
