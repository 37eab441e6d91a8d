import { refusedAt, SUBQUERY_CLAUSES } from "../../gatekeeper/policies/electric_grammar.ts";
import { fieldsOf, namesOf, typeOf } from "../../gatekeeper/policies/rls/tree.ts";
import { listOf, type SqlNode, SqlRefused } from "../../gatekeeper/policies/sql_tree.ts";
import type { RelationName } from "./identifier.ts";

/** The `SELECT` of a subquery, as written. */
export interface SubquerySelect {
  readonly table: RelationName;
  readonly columns: readonly string[];
  /** The tree of its own clause. */
  readonly where: unknown;
  /** Where its table's name begins, in bytes of the parsed text. */
  readonly tableAt: number;
  readonly hasSchema: boolean;
  readonly hasAlias: boolean;
}

/**
 * Reads the `SELECT` of a subquery: plain columns of one table, and a clause. Throws
 * {@link SqlRefused} with Electric's words, whose places count from the start of what it parses.
 */
export function readSelect(link: SqlNode): SubquerySelect {
  const select = fieldsOf(link.fields.subselect);
  const columns = listOf(select.targetList).map((target) => {
    const { val, location } = fieldsOf(target);
    const [name, ...more] = typeOf(val) === "ColumnRef" ? namesOf(fieldsOf(val).fields) : [];
    if (name !== undefined && name !== "*" && more.length === 0) return name;
    throw new SqlRefused(`At location ${location}: Expected a plain column reference`);
  });
  const [from, ...others] = listOf(select.fromClause);
  const range = fieldsOf(from);
  // ONLY means nothing to Electric, which would read its children too.
  const isTable = typeOf(from) === "RangeVar" && others.length === 0 && range.inh === true;
  if (!isTable || columns.length === 0 || range.catalogname !== undefined) {
    throw new SqlRefused("Expected a single table reference");
  }
  // Electric overlooks a LIMIT without an ORDER BY and gives all rows: here it is refused too.
  if (Object.keys(select).some((name) => !SUBQUERY_CLAUSES.includes(name))) {
    throw new SqlRefused("SELECT statement must not contain any clauses");
  }
  return {
    table: { schema: `${range.schemaname ?? "public"}`, table: `${range.relname}` },
    columns: [...new Set(columns)],
    where: select.whereClause,
    tableAt: Number(range.location ?? 0),
    hasSchema: range.schemaname !== undefined,
    hasAlias: range.alias !== undefined,
  };
}

/** The names of the columns that are looked up. Throws {@link SqlRefused} for anything else. */
export function readTested(link: SqlNode): string[] {
  const { subLinkType, operName, testexpr } = link.fields;
  if (subLinkType !== "ANY_SUBLINK" || operName !== undefined) {
    throw refusedAt(link, "only `value IN (SELECT ...)` sublinks are supported right now");
  }
  const parts = typeOf(testexpr) === "RowExpr" ? listOf(fieldsOf(testexpr).args) : [testexpr];
  return parts.map((part) => {
    if (typeOf(part) === "ColumnRef") return namesOf(fieldsOf(part).fields).join(".");
    throw refusedAt(
      link,
      "currently, left side of `IN (SELECT ...)` can only be a column reference or a list of " +
        "column references",
    );
  });
}
