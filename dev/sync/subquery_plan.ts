import type { Column, Table } from "./table.ts";

/** One `SELECT` whose values a clause looks columns up in; used twice, it is one dependency. */
export interface Dependency {
  /** The whole `SELECT DISTINCT`, its parameters written into it. */
  readonly sql: string;
  /** The columns it gives, in the order of their names, as Electric sorts them. */
  readonly columns: readonly Column[];
  /** Whether it stands under NOT. */
  readonly negated: boolean;
}

/** One place in a row's conditions and tags. */
export type Position =
  & { readonly negated: boolean }
  & (
    | { readonly kind: "plain"; readonly sql: string }
    | {
      readonly kind: "member";
      /** Index of its dependency. */
      readonly dependency: number;
      /** The columns that are looked up, as many as the dependency gives. */
      readonly tested: readonly Column[];
    }
  );

/** A clause with subqueries, as an OR of ANDs. */
export interface SubqueryPlan {
  readonly dependencies: readonly Dependency[];
  readonly positions: readonly Position[];
  /** Indexes of the positions that must all hold, for each way in which a row belongs. */
  readonly disjuncts: readonly (readonly number[])[];
  /** Every table that a subquery reads. */
  readonly tables: readonly Table[];
}

/** Whether a row with these conditions belongs. */
export function isIncluded(plan: SubqueryPlan, conditions: readonly boolean[]): boolean {
  return plan.disjuncts.some((disjunct) => disjunct.every((at) => conditions[at] === true));
}
