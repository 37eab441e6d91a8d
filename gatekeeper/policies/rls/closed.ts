import { allNodes, fieldsOf, namesOf, type Node, typeOf } from "./tree.ts";

/**
 * Whether a part names no column and reads no table, so that Postgres can compute it once for a user:
 * `auth.uid()`, `(SELECT auth.uid())`, `current_setting('a.b')`.
 */
export function isClosed(node: unknown): boolean {
  const aliases = functionAliases(node);
  for (const part of allNodes(node)) {
    const type = typeOf(part);
    if (type === "RangeVar" || type === "RangeSubselect" || type === "JoinExpr") return false;
    if (type !== "ColumnRef") continue;
    const [first = "", ...rest] = namesOf(fieldsOf(part)["fields"]);
    if (rest.length === 0 || !aliases.has(first)) return false;
  }
  return true;
}

/** Names of functions in FROM: `my_teams` of `SELECT my_teams.my_teams FROM my_teams()`. */
function functionAliases(node: unknown): ReadonlySet<string> {
  const aliases = new Set<string>();
  for (const part of allNodes(node)) {
    if (typeOf(part) !== "RangeFunction") continue;
    const { alias } = fieldsOf(part);
    const { aliasname } = Object(alias);
    if (typeof aliasname === "string") aliases.add(aliasname);
  }
  return aliases;
}

/** Whether a part is a constant as it stands: `'admin'::text`, `1`, `true`. */
export function isConstant(node: unknown): boolean {
  if (typeOf(node) === "A_Const") return true;
  return typeOf(node) === "TypeCast" && typeOf(fieldsOf(node)["arg"]) === "A_Const";
}

/**
 * The largest closed parts of an expression that aren't constants, in no order; a closed subquery of a
 * comparison by ANY or IN is one as an array.
 */
export function closedParts(expression: unknown): Node[] {
  const found: Node[] = [];
  const ahead: unknown[] = [expression];
  while (ahead.length > 0) {
    const value = ahead.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      ahead.push(...value);
      continue;
    }
    const node: Node = { ...value };
    // A row is no value: what it is made of is looked at.
    if (isExpression(node) && typeOf(node) !== "RowExpr" && isClosed(node)) {
      if (!isConstant(node)) found.push(node);
      continue;
    }
    const { subselect, testexpr } = fieldsOf(node);
    if (typeOf(node) === "SubLink" && subselect !== undefined && isClosed(subselect)) {
      if (typeOf(testexpr) !== "RowExpr") found.push(arrayOf(subselect));
      ahead.push(testexpr);
      continue;
    }
    ahead.push(...Object.values(value));
  }
  return found;
}

/** A subquery's rows as an array: `ARRAY(SELECT …)`. */
export function arrayOf(subselect: unknown): Node {
  return { SubLink: { subLinkType: "ARRAY_SUBLINK", subselect } };
}

const EXPRESSIONS = [
  "A_ArrayExpr",
  "A_Const",
  "A_Expr",
  "A_Indirection",
  "BoolExpr",
  "BooleanTest",
  "CaseExpr",
  "CoalesceExpr",
  "CollateClause",
  "FuncCall",
  "MinMaxExpr",
  "NullTest",
  "RowExpr",
  "SQLValueFunction",
  "SubLink",
  "TypeCast",
];

function isExpression(node: Node): boolean {
  return EXPRESSIONS.includes(typeOf(node));
}

/** The names of functions that a part calls, with their schemas where they have one. */
export function functionsOf(node: unknown): string[][] {
  const calls: string[][] = [];
  for (const part of allNodes(node)) {
    if (typeOf(part) === "FuncCall") calls.push(namesOf(fieldsOf(part)["funcname"]));
  }
  return calls;
}
