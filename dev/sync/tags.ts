import { createHash } from "node:crypto";
import type { Row } from "./evaluate.ts";
import type { SubqueryPlan } from "./subquery_plan.ts";
import type { Column } from "./table.ts";
import { canonical, type Tuple } from "./views.ts";

/** Names a value at a place of the conditions: rows whose tags have it there are meant. */
export interface Pattern {
  readonly pos: number;
  readonly value: string;
}

/** Writes tags of one shape. A value's hash depends on the shape, as in Electric, so it tells nothing. */
export class Tagger {
  readonly #handle: string;
  readonly #plan: SubqueryPlan;

  constructor(handle: string, plan: SubqueryPlan) {
    this.#handle = handle;
    this.#plan = plan;
  }

  /** A row's tags: one a disjunct, with a slot for each position, empty where it has no part. */
  tagsOf(row: Row): string[] {
    const slots = this.#plan.positions.map((position) => {
      if (position.kind === "plain") return "1";
      const tuple = position.tested.map(({ name }) => row.get(name) ?? null);
      return this.#hash(tuple, position.tested);
    });
    return this.#plan.disjuncts.map((disjunct) =>
      slots.map((slot, at) => disjunct.includes(at) ? slot : "").join("/")
    );
  }

  /** The patterns of values of a dependency, at every position that looks them up. */
  patternsOf(dependency: number, tuples: readonly Tuple[]): Pattern[] {
    return this.#plan.positions.flatMap((position, pos) => {
      if (position.kind === "plain" || position.dependency !== dependency) return [];
      return tuples.map((tuple) => ({ pos, value: this.#hash(tuple, position.tested) }));
    });
  }

  #hash(tuple: Tuple, columns: readonly Column[]): string {
    const parts = columns.map((column, i) => {
      const value = tuple[i] ?? null;
      const text = value === null ? "NULL" : `v:${canonical(value, column)}`;
      return columns.length === 1 ? text : `${column.name}:${text}`;
    });
    return createHash("md5").update(this.#handle + parts.join("")).digest("hex");
  }
}
