import type { TransactionSql } from "postgres";
import QuickLRU from "quick-lru";
import {
  checkRights,
  readCatalogue,
  type Rights,
  type RlsPolicy,
  type TableName,
} from "./catalogue.ts";
import { RlsRefused } from "./refused.ts";
import { parseExpression } from "./sql_text.ts";
import { allNodes, fieldsOf, type Node, typeOf } from "./tree.ts";

/** A policy with its expression, parsed. */
export interface LoadedPolicy extends RlsPolicy {
  readonly tree: Node;
}

/** A table, and its policies. */
export interface LoadedTable extends Omit<Rights, "policies"> {
  readonly policies: readonly LoadedPolicy[];
}

/** All tables that a shape's security speaks of, by `schema.name`. */
export type Tables = ReadonlyMap<string, LoadedTable>;

/** What was loaded. */
export interface Loaded {
  readonly tables: Tables;
  /** The `search_path` to go back to. */
  readonly path: string;
}

export const keyOf = ({ schema, name }: TableName) => JSON.stringify([schema, name]);

// Which tables a table's policies led to: asking for them all at once saves a round trip each. Only
// names; what they hold is read anew for each token.
const ledTo = new QuickLRU<string, readonly TableName[]>({ maxSize: 1000 });

/**
 * Loads a table and, by way of its policies, all that they read, as a role sees them; nothing, when there
 * is no such table. Throws {@link RlsRefused} for a policy that reads its own table, by way of others, too: Postgres refuses it.
 */
export async function loadTables(
  sql: TransactionSql,
  role: string,
  first: TableName,
): Promise<Loaded> {
  const known = new Map<string, LoadedTable>();
  let path: string | undefined;
  let asked = ledTo.get(keyOf(first)) ?? [first];
  const missing = new Set<string>();
  while (asked.length > 0) {
    const catalogue = await readCatalogue(sql, role, asked);
    path ??= catalogue.path;
    for (const table of asked) missing.add(keyOf(table));
    for (const rights of catalogue.found) {
      known.set(keyOf(rights), { ...rights, policies: await parsePolicies(rights) });
    }
    asked = [...known.values()].flatMap(readBy).filter((table) => !missing.has(keyOf(table)));
  }
  const tables = new Map<string, LoadedTable>();
  collect(known, role, first, [], tables);
  ledTo.set(keyOf(first), tables.size > 0 ? [...tables.values()] : [first]);
  return { tables, path: path ?? "" };
}

function parsePolicies({ policies }: Rights): Promise<LoadedPolicy[]> {
  const expressions = policies.flatMap((policy) =>
    policy.using === null ? [] : [{ policy, using: policy.using }]
  );
  return Promise.all(
    expressions.map(async ({ policy, using }) => ({
      ...policy,
      tree: await parseExpression(using),
    })),
  );
}

/** Collects a table and what its policies lead to; `way` is what led to it. */
function collect(
  known: Tables,
  role: string,
  table: TableName,
  way: readonly string[],
  tables: Map<string, LoadedTable>,
): void {
  const key = keyOf(table);
  const { schema, name } = table;
  if (way.includes(key)) {
    throw new RlsRefused(`the policies of ${schema}.${name} read that table itself`);
  }
  if (tables.has(key)) return;
  const loaded = known.get(key);
  if (loaded === undefined) {
    if (way.length === 0) return;
    throw new RlsRefused(`there is no table ${schema}.${name}`);
  }
  checkRights(loaded, role);
  for (const inner of readBy(loaded)) collect(known, role, inner, [...way, key], tables);
  tables.set(key, loaded);
}

/** The tables that a table's policies read. */
function readBy({ secured, policies }: LoadedTable): TableName[] {
  return secured ? policies.flatMap(({ tree }) => tablesOf(tree)) : [];
}

/** The tables that an expression reads. */
function tablesOf(tree: Node): TableName[] {
  const found: TableName[] = [];
  for (const node of allNodes(tree)) {
    if (typeOf(node) !== "RangeVar") continue;
    const { schemaname, relname } = fieldsOf(node);
    // Without a schema it is one of pg_catalog's, for nothing else is on the path.
    const schema = typeof schemaname === "string" ? schemaname : "pg_catalog";
    found.push({ schema, name: `${relname}` });
  }
  return found;
}
