import type { Sql } from "postgres";
import { Refusal } from "../../shared/refusal.ts";
import { readShape } from "../../shared/shape.ts";
import { openDatabase } from "../database/choose.ts";
import { missingTables } from "../database/missing_tables.ts";
import { createDecide, type DecideTable } from "./decide.ts";
import type { Policies } from "./policy.ts";
import { canParse } from "./sql_tree.ts";
import { type TestUser, toUser } from "./test_policy.ts";

/** What is wrong, and what to do about it. */
export interface Finding {
  /** The table whose policy it is about, as `policies.ts` names it; `null` for all. */
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
 * users: what it grants must be what Postgres and Electric read. The database is only read.
 */
export async function checkPolicies(
  policies: Policies,
  { database: given, users = [null, { id: crypto.randomUUID() }] }: CheckOptions,
): Promise<Finding[]> {
  const database = openDatabase(() => undefined, given, () => {});
  try {
    const missing = await missingTables(database.sql, policies);
    const names = missing.map(({ table }) => table);
    const usable = policies.tables.filter((table) => !names.includes(table));
    const decide = createDecide(policies, database);
    const findings: Finding[] = missing.map(({ table, kind }) => ({
      table,
      message: whyUnusable(kind),
    }));
    for (const table of usable) findings.push(...await checkTable(decide, table, users));
    if (!await canParse()) findings.push(NO_PARSER);
    return findings;
  } finally {
    await database.end({ timeout: 1 });
  }
}

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

async function checkTable(
  decide: DecideTable,
  table: string,
  users: CheckOptions["users"] = [],
): Promise<Finding[]> {
  const messages = new Set<string>();
  for (const user of users) {
    const explained: string[] = [];
    try {
      await decide(toUser(user), readShape({ table }), (line) => explained.push(line));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // Less than that is a policy's no.
      if (error.status < 500) continue;
      const why = (explained.join("; ") || error.message).replace(/\.$/, "");
      const who = user === null ? "nobody in particular" : `user ${user.id}`;
      messages.add(`for ${who}, ${why}: correct the policy`);
    }
  }
  return [...messages].map((message) => ({ table, message }));
}
