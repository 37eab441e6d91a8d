import type { Column } from "./catalogue.ts";
import type { Computed } from "./compute.ts";
import type { LoadedTable, Tables } from "./load.ts";
import type { Node } from "./tree.ts";

/** A value that stands in a clause as a parameter. */
export interface Param {
  readonly value: string;
  readonly type: string;
}

/** What a rewriting works with. */
export interface Rewriting {
  readonly tables: Tables;
  /** What a closed part gave; every one was computed before. */
  readonly valueOf: (part: Node) => Computed;
  /** Values of `$1`, `$2`, …; rewriting adds to them. */
  readonly params: Param[];
}

/** A table whose columns an expression may name, and the name that it has there. */
export interface Scope {
  readonly table: LoadedTable;
  /** Its alias in a subquery; the outermost table has its own name. */
  readonly alias: string;
  /** Whether the role must have been granted the columns: those that a policy names of its own table needn't be. */
  readonly checked: boolean;
}

/**
 * What NULL counts for. A row is there when its condition is true, so NULL is as good as false; under a
 * NOT it is there when the condition is false, so NULL is as good as true.
 */
export type Null = "false" | "true";

/** A value that was rewritten. */
export interface Term {
  readonly node: Node;
  /** A short name of Postgres's own types (`int4`, `_uuid`), `enum`, or another's with its schema. */
  readonly type: string;
  /** The columns that it is computed from. */
  readonly columns: readonly Column[];
  /** Of a number with decimals: how many digits it may have. */
  readonly digits: number;
}

/** NULL, as a value. */
export const NULL = Symbol("null");
export type Value = Term | typeof NULL;

export const isTerm = (value: Value): value is Term => value !== NULL;

/** A term that no column is in. */
export const ofUser = (node: Node, type: string): Term => ({
  node,
  type,
  columns: [],
  digits: Infinity,
});
