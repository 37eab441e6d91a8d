import { quoteRelation } from "./identifier.ts";
import { membershipSql } from "./membership_sql.ts";
import { type RowMessage, rowMessages, selectRows } from "./row_messages.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import type { SnapshotSql, ViewsAt } from "./shared_snapshots.ts";
import type { Dependency, SubqueryPlan } from "./subquery_plan.ts";
import type { Pattern, Tagger } from "./tags.ts";
import { compareViews, narrowestViews, type Tuple, type View, type Views } from "./views.ts";
import type { PgSnapshot } from "./visibility.ts";

/** What a shape's subqueries, as they are now, move out of it and into it. */
export interface Moves {
  /** Patterns of each dependency that moves rows out. */
  readonly outs: readonly (readonly Pattern[])[];
  /** What holds once these rows are out and none is in. */
  readonly between: Views;
  readonly ins: readonly MoveIn[];
  readonly after: Views;
  readonly snapshot: PgSnapshot;
  readonly lsn: bigint;
}

/** What one dependency moves in. */
export interface MoveIn {
  readonly patterns: readonly Pattern[];
  readonly rows: readonly RowMessage[];
}

/** A shape with subqueries. */
export interface MovingShape {
  readonly definition: ShapeDefinition;
  readonly plan: SubqueryPlan;
  readonly tagger: Tagger;
}

/**
 * Compares what subqueries gave `before` with what they give in a snapshot, and reads the rows that
 * moved in. Undefined when no pattern can say what changed. Rejects with Postgres's error.
 */
export async function findMoves(
  shape: MovingShape,
  before: Views,
  at: ViewsAt,
): Promise<Moves | undefined> {
  const { plan, tagger } = shape;
  const changes = plan.dependencies.map((dependency, i) => {
    const [old, now] = [before[i] ?? new Map(), at.views[i] ?? new Map()];
    return changedTuples(dependency, testsNulls(plan, i), old, now);
  });
  const between = narrowestViews(plan, before, at.views);
  const outs: (readonly Pattern[])[] = [];
  const ins: MoveIn[] = [];
  let views = between;
  for (const [i, change] of changes.entries()) {
    if (change === undefined) return undefined;
    if (change.out.length > 0) outs.push(tagger.patternsOf(i, change.out));
  }
  for (const [i, change] of changes.entries()) {
    if (change === undefined || change.in.length === 0) continue;
    const next = views.map((view, at_) => at_ === i ? at.views[i] ?? view : view);
    const rows = await readMovedIn(at.sql, shape, views, next);
    ins.push({ patterns: tagger.patternsOf(i, change.in), rows });
    views = next;
  }
  const { snapshot, lsn } = at;
  return { outs, between, ins, after: at.views, snapshot, lsn };
}

/** Whether a dependency is looked up by more than one column of which one may be null. */
function testsNulls(plan: SubqueryPlan, dependency: number): boolean {
  return plan.positions.some((position) =>
    position.kind === "member" && position.dependency === dependency &&
    position.tested.length > 1 && position.tested.some(({ notNull }) => !notNull)
  );
}

/**
 * The values whose rows move. Nothing is IN by a null, and nothing is NOT IN what holds one; what is
 * null itself is NOT IN what is empty. Electric overlooks this. Undefined where values can't tell.
 */
function changedTuples(
  { negated, columns }: Dependency,
  rowTestsNulls: boolean,
  before: View,
  after: View,
): { readonly out: readonly Tuple[]; readonly in: readonly Tuple[] } | undefined {
  const { added, removed } = compareViews(before, after);
  const isWhole = (tuple: Tuple) => tuple.every((value) => value !== null);
  if (!negated) return { out: removed.filter(isWhole), in: added.filter(isWhole) };
  const changed = [...added, ...removed];
  if (changed.length > 0 && rowTestsNulls) return undefined;
  if (!changed.every(isWhole)) return undefined;
  const nothing: Tuple = columns.map(() => null);
  return {
    out: before.size === 0 && added.length > 0 ? [...added, nothing] : added,
    in: after.size === 0 && removed.length > 0 ? [...removed, nothing] : removed,
  };
}

async function readMovedIn(
  sql: SnapshotSql,
  { definition, plan, tagger }: MovingShape,
  before: Views,
  after: Views,
): Promise<RowMessage[]> {
  const now = membershipSql(plan, after, 1);
  const then = membershipSql(plan, before, now.params.length + 1);
  const from = quoteRelation(definition.table);
  const rows = `select * from ${from} where (${now.where}) and not (${then.where})`;
  const query = selectRows(definition, rows, now.conditions);
  const found = await sql.unsafe(query, [...now.params, ...then.params]).values();
  return found.map(rowMessages(definition, tagger, { is_move_in: true }));
}
