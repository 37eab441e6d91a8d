import type { Sql } from "./connection.ts";
import { quoteRelation } from "./identifier.ts";
import { membershipSql } from "./membership_sql.ts";
import { parseLsn } from "./replication.ts";
import { type Marks, rowMessages, selectRows } from "./row_messages.ts";
import type { ShapeDefinition } from "./shape_definition.ts";
import { readValues } from "./shared_snapshots.ts";
import type { Tagger } from "./tags.ts";
import { toView, type Views } from "./views.ts";
import { parseSnapshot, type PgSnapshot } from "./visibility.ts";
import type { WhereClause } from "./where_clause.ts";

/** The part of a shape that one request asks for, checked. */
export interface Subset {
  readonly where: WhereClause | undefined;
  readonly orderBy: string | undefined;
  readonly limit: bigint | undefined;
  readonly offset: bigint | undefined;
}

/** Rows as messages, and which transactions they show. */
export interface SnapshotRows {
  readonly snapshot: PgSnapshot;
  /** Where the database's log stood. */
  readonly lsn: bigint;
  /** One JSON message a row. */
  readonly rows: readonly string[];
  /** What the subqueries gave. */
  readonly views: Views;
}

/** Whose rows a snapshot shows. */
export interface Subject {
  readonly definition: ShapeDefinition;
  readonly tagger: Tagger | undefined;
}

/** The rows a shape has now; none when it logs changes only. */
export function takeSnapshot(sql: Sql, subject: Subject): Promise<SnapshotRows> {
  const { where, log } = subject.definition;
  const clauses = where === undefined ? [] : [where];
  const query = log === "changes_only" ? undefined : { clauses, rest: "" };
  return readRows(sql, subject, query, {});
}

/** The rows of a subset now, each marked with `mark`. */
export function takeSubset(
  sql: Sql,
  subject: Subject,
  subset: Subset,
  mark: number,
): Promise<SnapshotRows> {
  const { where } = subject.definition;
  const clauses = [where, subset.where].filter((clause) => clause !== undefined);
  const rest = [
    subset.orderBy === undefined ? "" : `order by ${subset.orderBy}\n`,
    subset.limit === undefined ? "" : `limit ${subset.limit}`,
    subset.offset === undefined ? "" : `offset ${subset.offset}`,
  ].join(" ");
  return readRows(sql, subject, { clauses, rest }, { snapshot_mark: mark });
}

interface RowQuery {
  readonly clauses: readonly WhereClause[];
  readonly rest: string;
}

function querySql(shape: ShapeDefinition, { clauses, rest }: RowQuery): string {
  // Electric puts only the subset's clause in parentheses, so the shape's OR binds less than this AND.
  const [first, ...others] = clauses.map(({ sql }) => sql);
  const where = first === undefined
    ? ""
    : `where ${first}\n${others.map((sql) => `and (\n${sql}\n)`).join(" ")}`;
  // ORDER BY prefers the names of output columns, which are texts here: it belongs further in.
  return `select * from ${quoteRelation(shape.table)} ${where} ${rest}`;
}

function readRows(
  sql: Sql,
  { definition, tagger }: Subject,
  query: RowQuery | undefined,
  marks: Marks,
): Promise<SnapshotRows> {
  const toMessage = rowMessages(definition, tagger, marks);
  const plan = definition.where?.subqueries;
  return sql.begin("isolation level repeatable read read only", async (transaction) => {
    const [at] = await transaction<{ snapshot: string; lsn: string }[]>`
      select pg_current_snapshot()::text as snapshot, pg_current_wal_lsn()::text as lsn`;
    if (at === undefined) throw new Error("Postgres answered nothing");
    const values = plan && await readValues(transaction, plan.dependencies);
    const views = plan?.dependencies.map((one) => toView(values?.get(one.sql) ?? [], one)) ?? [];
    const { conditions, params } = plan === undefined
      ? { conditions: [], params: [] }
      : membershipSql(plan, views, 1);
    const found = query === undefined ? [] : await transaction.unsafe(
      selectRows(definition, querySql(definition, query), conditions),
      [...params],
    ).values();
    return {
      snapshot: parseSnapshot(at.snapshot),
      lsn: parseLsn(at.lsn),
      rows: found.map((cells) => toMessage(cells).json),
      views,
    };
  });
}
