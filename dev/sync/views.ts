import type { Dependency, SubqueryPlan } from "./subquery_plan.ts";
import type { Column } from "./table.ts";

/** One row of a subquery, in Postgres's text form. */
export type Tuple = readonly (string | null)[];

/** The rows that a subquery gave, by their {@link tupleKey}. */
export type View = ReadonlyMap<string, Tuple>;

/** A view for each dependency of a plan, in their order. */
export type Views = readonly View[];

/** Which values a dependency gained and lost. */
export interface ViewChange {
  readonly added: readonly Tuple[];
  readonly removed: readonly Tuple[];
}

/** Writes a value so that equal ones are written the same: `1.50` is `1.5`, `char(4)` has no padding. */
export function canonical(value: string, { type }: Column): string {
  if (type === "numeric" && value.includes(".")) return value.replace(/\.?0+$/, "");
  if (type === "bpchar") return value.replace(/ +$/, "");
  return (type === "float4" || type === "float8") && value === "-0" ? "0" : value;
}

/** The same for equal tuples. */
export function tupleKey(tuple: Tuple, columns: readonly Column[]): string {
  return JSON.stringify(columns.map((column, i) => {
    const value = tuple[i] ?? null;
    return value === null ? null : canonical(value, column);
  }));
}

/** Makes a view of rows. */
export function toView(tuples: readonly Tuple[], { columns }: Dependency): View {
  return new Map(tuples.map((tuple) => [tupleKey(tuple, columns), tuple]));
}

/** Compares two views of one dependency. */
export function compareViews(before: View, after: View): ViewChange {
  return {
    added: [...after].flatMap(([key, tuple]) => before.has(key) ? [] : [tuple]),
    removed: [...before].flatMap(([key, tuple]) => after.has(key) ? [] : [tuple]),
  };
}

/** What both hold under IN, what either holds under NOT IN: the views by which the fewest rows belong. */
export function narrowestViews(plan: SubqueryPlan, before: Views, after: Views): Views {
  return plan.dependencies.map(({ negated }, i) => {
    const [old, now] = [before[i] ?? new Map(), after[i] ?? new Map()];
    if (negated) return new Map([...old, ...now]);
    return new Map([...old].filter(([key]) => now.has(key)));
  });
}
