import { arrayLiteral } from "./array_literal.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { Position, SubqueryPlan } from "./subquery_plan.ts";
import type { Views } from "./views.ts";

/** A plan's positions as SQL, with the values of its subqueries as parameters from `$<first>` on. */
export interface MembershipSql {
  /** One boolean expression a position, in order; null counts for false. */
  readonly conditions: readonly string[];
  /** Whether a row belongs. */
  readonly where: string;
  /** As many as the expressions use. */
  readonly params: readonly string[];
}

/** Writes a plan with these views in the place of its subqueries. */
export function membershipSql(plan: SubqueryPlan, views: Views, first: number): MembershipSql {
  const params: string[] = [];
  const starts = plan.dependencies.map(({ columns }, i) => {
    const start = first + params.length;
    const tuples = [...views[i]?.values() ?? []];
    params.push(...columns.map((_, at) => arrayLiteral(tuples.map((tuple) => tuple[at]))));
    return start;
  });
  const conditions = plan.positions.map((position) => {
    const sql = positionSql(plan, position, starts);
    return `coalesce(${position.negated ? `not (${sql})` : `(${sql})`}, false)`;
  });
  const where = plan.disjuncts
    .map((disjunct) => `(${disjunct.map((at) => conditions[at] ?? "false").join(" and ")})`)
    .join(" or ");
  return { conditions, where, params };
}

function positionSql(plan: SubqueryPlan, position: Position, starts: readonly number[]): string {
  if (position.kind === "plain") return position.sql;
  const columns = plan.dependencies[position.dependency]?.columns ?? [];
  const start = starts[position.dependency] ?? 0;
  const tested = position.tested.map(({ name }) => quoteIdentifier(name)).join(", ");
  const values = columns.map(({ sqlType }, i) => `v${i}::${sqlType}`).join(", ");
  const arrays = columns.map((_, i) => `$${start + i}::text[]`).join(", ");
  const names = columns.map((_, i) => `v${i}`).join(", ");
  return `(${tested}) in (select ${values} from unnest(${arrays}) as v(${names}))`;
}

/** An expression that writes conditions as letters, `tf`; {@link readFlags} reads them. */
export function flagsSql(conditions: readonly string[]): string {
  return conditions.map((sql) => `case when ${sql} then 't' else 'f' end`).join(" || ");
}

/** Reads what {@link flagsSql} wrote. */
export function readFlags(text: string): boolean[] {
  return [...text].map((letter) => letter === "t");
}
