import { printExpression } from "../../gatekeeper/policies/rls/sql_text.ts";
import {
  columnRef,
  fieldsOf,
  mapNode,
  type Node,
  typeOf,
} from "../../gatekeeper/policies/rls/tree.ts";
import { nodes, record, SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import { type Literal, toDisjuncts } from "./disjuncts.ts";
import { quoteIdentifier, quoteRelation } from "./identifier.ts";
import { checkTested, type Subqueries, type Subquery } from "./subqueries.ts";
import type { Dependency, Position, SubqueryPlan } from "./subquery_plan.ts";
import type { Column, Table } from "./table.ts";

/** What a plan is made of. */
export interface PlanParts {
  readonly tree: unknown;
  readonly params: ReadonlyMap<number, string>;
  readonly columns: readonly Column[];
  readonly subqueries: Subqueries;
}

/** Plans a clause with subqueries. Throws {@link SqlRefused} for what Electric can't follow. */
export async function planSubqueries(parts: PlanParts): Promise<SubqueryPlan> {
  const dependencies: Dependency[] = [];
  const positions: Position[] = [];
  const disjuncts: number[][] = [];
  for (const literals of toDisjuncts(parts.tree)) {
    const disjunct: number[] = [];
    for (const literal of literals) {
      disjunct.push(positions.length);
      positions.push(await planLiteral(literal, parts, dependencies));
    }
    disjuncts.push(disjunct);
  }
  return { dependencies, positions, disjuncts, tables: tablesOf(parts.subqueries) };
}

async function planLiteral(
  { node, negated }: Literal,
  parts: PlanParts,
  dependencies: Dependency[],
): Promise<Position> {
  const [link] = [...nodes(node, "SubLink")].filter(({ type }) => type === "SubLink");
  if (link === undefined) {
    return { kind: "plain", negated, sql: await printClause(node, parts.params, new Map()) };
  }
  const subquery = parts.subqueries.get(link.location);
  if (typeOf(node) !== "SubLink" || subquery === undefined) {
    // Electric takes it, shows the wrong rows or fails at the first change.
    throw new SqlRefused("a subquery can only be combined by AND, OR and NOT");
  }
  const sql = await selectSql(subquery, parts.params);
  const known = dependencies.findIndex((candidate) => candidate.sql === sql);
  if (known >= 0 && dependencies[known]?.negated !== negated) {
    throw new SqlRefused(
      "a subquery dependency cannot be used with both positive and negative polarity in the same filter",
    );
  }
  if (known < 0) dependencies.push({ sql, columns: subquery.columns, negated });
  const dependency = known < 0 ? dependencies.length - 1 : known;
  return { kind: "member", negated, dependency, tested: checkTested(link, parts.columns) };
}

async function selectSql(
  { select, table, columns, inner }: Subquery,
  params: ReadonlyMap<number, string>,
): Promise<string> {
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const from = `select distinct ${names} from ${quoteRelation(table)}`;
  if (select.where === undefined) return from;
  return `${from} where ${await printClause(select.where, params, inner)}`;
}

/**
 * Prints a clause with its parameters in it, and its subqueries as Electric rewrites them: tables
 * with their schemas, columns by name.
 */
export async function printClause(
  tree: unknown,
  params: ReadonlyMap<number, string>,
  subqueries: Subqueries,
): Promise<string> {
  return await printExpression(mapNode(record(tree), (node) => {
    if (typeOf(node) === "ParamRef") {
      return text(params.get(Number(fieldsOf(node).number ?? 0)) ?? "");
    }
    if (typeOf(node) !== "SubLink") return node;
    const fields = fieldsOf(node);
    const subquery = findInner(subqueries, Number(fields.location));
    return subquery === undefined
      ? node
      : { SubLink: { ...fields, subselect: asElectricWrites(subquery) } };
  }));
}

/** A subquery of a clause, or of one inside it. */
function findInner(subqueries: Subqueries, location: number): Subquery | undefined {
  const found = subqueries.get(location);
  if (found !== undefined) return found;
  for (const { inner } of subqueries.values()) {
    const deeper = findInner(inner, location);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function asElectricWrites({ select, table, columns }: Subquery): Node {
  const { schema: schemaname, table: relname } = table;
  return {
    SelectStmt: {
      targetList: columns.map(({ name }) => ({ ResTarget: { val: columnRef(name) } })),
      fromClause: [{ RangeVar: { schemaname, relname, inh: true, relpersistence: "p" } }],
      ...(select.where !== undefined && { whereClause: select.where }),
      limitOption: "LIMIT_OPTION_DEFAULT",
      op: "SETOP_NONE",
    },
  };
}

function text(sval: string): Node {
  return { A_Const: { sval: { sval } } };
}

function tablesOf(subqueries: Subqueries): Table[] {
  const all = [...subqueries.values()].flatMap(({ table, inner }) => [table, ...tablesOf(inner)]);
  return [...new Map(all.map((table) => [table.oid, table])).values()];
}
