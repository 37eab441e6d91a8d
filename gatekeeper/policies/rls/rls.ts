import { quoteTable } from "../../../shared/identifier.ts";
import { checkElectricReads } from "../electric_grammar.ts";
import { SqlRefused } from "../sql_tree.ts";
import { type Policy, type Question, Rows } from "../policy.ts";
import { closedParts, functionsOf } from "./closed.ts";
import { compute, type Part } from "./compute.ts";
import { keyOf, type Loaded, type LoadedTable, loadTables } from "./load.ts";
import { inPolicy, nameOf, RlsRefused } from "./refused.ts";
import { withoutRepeats } from "./repeats.ts";
import { securityOf } from "./rewrite.ts";
import type { Param } from "./term.ts";
import { printExpression } from "./sql_text.ts";
import { fieldsOf, type Node, renumber, typeOf } from "./tree.ts";
import { nodeOf } from "./truth.ts";
import { checkSteady } from "./unsteady.ts";

/** The role of who hasn't signed in. */
const ANONYMOUS = "anon";

/**
 * A policy: users get the rows, and the columns, that Postgres's own row-level security gives them. Its
 * policies are signed as a shape, so that rights stay as live as the database: subqueries are Electric's
 * to follow.
 *
 * What can't be a shape exactly is refused, with a line in the log; nothing is approximated.
 */
export const rls: Policy = async ({ user, shape, sql }: Question) => {
  const role = user?.role ?? ANONYMOUS;
  const name = { schema: shape.namespace, name: shape.name };
  const loaded = await loadTables(sql, role, name);
  const table = loaded.tables.get(keyOf(name));
  if (table === undefined) return false;
  if (!table.secured) {
    throw new RlsRefused(
      `${shape.table} has no row-level security, so it opens to everybody: ` +
        `alter table ${quoteTable(table.schema, table.name)} enable row level security`,
    );
  }
  const hiddenKey = table.columns.find(({ key, granted }) => key && !granted);
  if (hiddenKey !== undefined) {
    throw new RlsRefused(
      `role ${role} may not select ${hiddenKey.name} of ${shape.table}, which is of its key: Electric ` +
        "follows rows by their key",
    );
  }
  const granted = table.columns.filter((column) => column.granted).map(({ name }) => name);
  const [first, ...others] = granted;
  if (first === undefined) return false;
  const params: Param[] = [];
  const computed = await computeParts(loaded, { user, shape, sql }, role);
  const security = securityOf(table, {
    tables: loaded.tables,
    params,
    valueOf: (part) => computed(part),
  });
  if ("truth" in security && !security.truth) return false;
  const { tree, used } = numberUsed(nodeOf(security), params);
  const printed = await printExpression(tree);
  // Electric joins it with a subset's clause by AND.
  const where = isOr(tree) ? `(${printed})` : printed;
  await checkReadable(where, shape.table);
  const rows = Rows.of(where, used);
  // A grant of all columns that there are is none of those that come later.
  return table.whole ? rows : rows.columns(first, ...others);
};

const isOr = (tree: Node) => typeOf(tree) === "BoolExpr" && fieldsOf(tree)["boolop"] === "OR_EXPR";

async function checkReadable(where: string, shape: string): Promise<void> {
  try {
    await checkElectricReads(where);
  } catch (error) {
    if (!(error instanceof SqlRefused)) throw error;
    throw new RlsRefused(
      `the policies of ${shape} can't be a shape, for Electric can't read ${where}: ${error.message}`,
    );
  }
}

/** Numbers the parameters that are left, in their order, equal values once; others went with what they stood in. */
function numberUsed(security: Node, params: readonly Param[]): { tree: Node; used: string[] } {
  const used: Param[] = [];
  const tree = renumber(security, (number) => {
    const { value = "", type = "" } = params[number - 1] ?? {};
    const known = used.findIndex((param) => param.value === value && param.type === type);
    return known >= 0 ? known + 1 : used.push({ value, type });
  });
  return { tree: withoutRepeats(tree), used: used.map(({ value }) => value) };
}

/** Computes all closed parts of all tables' policies at once; gives what looks one up. */
async function computeParts({ tables, path }: Loaded, { user, sql }: Question, role: string) {
  const parts: Part[] = [];
  const texts = new Map<string, string>();
  for (const { policy, part } of [...tables.values()].flatMap(closedOf)) {
    const expression = await printExpression(part);
    texts.set(JSON.stringify(part), expression);
    parts.push({ expression, functions: functionsOf(part), policy });
  }
  const values = await compute(sql, { role, user, path, parts });
  return (part: Node) => {
    const value = values.get(texts.get(JSON.stringify(part)) ?? "");
    if (value === undefined) throw new RlsRefused("a part of it wasn't computed");
    return value;
  };
}

/** The closed parts of a table's policies, with the names of their policies. */
function closedOf(table: LoadedTable): { policy: string; part: Node }[] {
  if (!table.secured) return [];
  return table.policies.flatMap(({ name, tree }) => {
    const policy = nameOf(name, table);
    const parts = closedParts(tree);
    inPolicy(policy, () => parts.forEach(checkSteady));
    return parts.map((part) => ({ policy, part }));
  });
}
