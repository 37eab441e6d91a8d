import type { Sql } from "./connection.ts";
import { type Draft, draftChange } from "./draft_change.ts";
import { judge, type Row, type Verdict } from "./evaluate.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import type { LogItem } from "./shape_log.ts";
import type { Tagger } from "./tags.ts";
import type { Change, Transaction } from "./transaction.ts";
import type { Views } from "./views.ts";

/** What a shape with subqueries adds to its rows. */
export interface Membership {
  /** What its subqueries give. */
  readonly views: Views;
  readonly tagger: Tagger;
}

/**
 * What a transaction means to a shape: rows outside its clause are left out, one that moves in
 * becomes an insert and one that moves out a delete. `isKnown` tells of inserts that the log has
 * already. Rejects when Postgres can't be asked.
 */
export async function changeItems(
  sql: Sql,
  shape: ShapeDefinition,
  transaction: Transaction,
  membership?: Membership,
  isKnown: (key: string) => boolean = () => false,
): Promise<LogItem[]> {
  const changes = transaction.changes.filter(({ relation, kind }) =>
    relation.oid === shape.table.oid && kind !== "truncate"
  );
  const verdictOf = await judgeRows(sql, shape, changes, membership?.views ?? []);
  const changing = { shape, tagger: membership?.tagger, verdictOf };
  const drafts = changes.flatMap((change) => draftChange(changing, change))
    .filter(({ operation, key }) => operation !== "insert" || !isKnown(key));
  return drafts.map((draft, i) => toLogItem(shape, transaction, draft, i === drafts.length - 1));
}

const EVERYWHERE: Verdict = { isInside: true, conditions: [] };
const NOWHERE: Verdict = { isInside: false, conditions: [] };

/** Evaluates the clause for all old and new rows at once. */
async function judgeRows(
  sql: Sql,
  { where }: ShapeDefinition,
  changes: readonly Change[],
  views: Views,
) {
  if (where === undefined) return () => EVERYWHERE;
  const rows = changes.flatMap((change) => [
    ..."old" in change ? [change.old] : [],
    ..."row" in change ? [change.row] : [],
  ]);
  const answers = await judge(sql, where, views, rows);
  const verdicts = new Map(rows.map((row, i) => [row, answers[i] ?? NOWHERE]));
  return (row: Row) => verdicts.get(row) ?? NOWHERE;
}

function toLogItem(
  { table }: ShapeDefinition,
  { lsn, xid }: Transaction,
  draft: Draft,
  isLast: boolean,
): LogItem {
  const headers = {
    ...(isLast && { last: true }),
    relation: [table.schema, table.table],
    operation: draft.operation,
    lsn: `${lsn}`,
    op_position: draft.op,
    txids: [xid],
    ...draft.tags,
    ...draft.extra,
  };
  const { value, key, oldValue } = draft;
  const json = JSON.stringify({ value, key, headers, ...(oldValue && { old_value: oldValue }) });
  return { offset: { lsn, op: draft.op }, json };
}
