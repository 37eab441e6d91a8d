import type { TransactionSql } from "postgres";
import { readRights, type RlsPolicy, type TableRights } from "./catalogue.ts";
import { RlsRefused } from "./refused.ts";
import { parseExpression } from "./sql_text.ts";
import { allNodes, fieldsOf, type Node, typeOf } from "./tree.ts";

/** A policy with its expression, parsed. */
export interface LoadedPolicy extends RlsPolicy {
  readonly tree: Node;
}

/** A table, and its policies. */
export interface LoadedTable extends Omit<TableRights, "policies"> {
  readonly policies: readonly LoadedPolicy[];
}

/** All tables that a shape's security speaks of, by `schema.name`. */
export type Tables = ReadonlyMap<string, LoadedTable>;

export const keyOf = (schema: string, name: string) => JSON.stringify([schema, name]);

/**
 * Loads a table and, by way of its policies, all that they read, as a role sees them; nothing, when there
 * is no such table. Throws {@link RlsRefused} for a policy that reads its own table, by way of others, too: Postgres refuses it.
 */
export async function loadTables(
  sql: TransactionSql,
  role: string,
  schema: string,
  name: string,
): Promise<Tables> {
  const tables = new Map<string, LoadedTable>();

  async function load(schema: string, name: string, way: readonly string[]): Promise<void> {
    const key = keyOf(schema, name);
    if (way.includes(key)) {
      throw new RlsRefused(`the policies of ${schema}.${name} read that table itself`);
    }
    if (tables.has(key)) return;
    const rights = await readRights(sql, role, schema, name);
    if (rights === null) {
      if (way.length === 0) return;
      throw new RlsRefused(`there is no table ${schema}.${name}`);
    }
    const policies = await Promise.all(
      rights.policies.map(async (policy) => ({
        ...policy,
        tree: await parseExpression(policy.using),
      })),
    );
    if (rights.secured) {
      for (const { tree } of policies) {
        for (const [innerSchema, innerName] of tablesOf(tree)) {
          await load(innerSchema, innerName, [...way, key]);
        }
      }
    }
    tables.set(key, { ...rights, policies });
  }

  await load(schema, name, []);
  return tables;
}

/** The tables that an expression reads. */
function tablesOf(tree: Node): (readonly [schema: string, name: string])[] {
  const found: (readonly [string, string])[] = [];
  for (const node of allNodes(tree)) {
    if (typeOf(node) !== "RangeVar") continue;
    const { schemaname, relname } = fieldsOf(node);
    // Without a schema it is one of pg_catalog's, for nothing else is on the path.
    found.push([typeof schemaname === "string" ? schemaname : "pg_catalog", `${relname}`]);
  }
  return found;
}
