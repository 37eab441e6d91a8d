import { loadModule, parse } from "libpg-query";
import { invalidRequest } from "../shared/refusal.ts";

/**
 * What a client's clause may be made of, by the names of Postgres's parse tree: what Electric
 * evaluates, subqueries aside. Those would read tables that nobody granted.
 */
const NODES = new Set(
  ("A_ArrayExpr A_Const A_Expr A_Indices A_Indirection BoolExpr BooleanTest CaseExpr CaseWhen " +
    "CoalesceExpr ColumnRef Float FuncCall Integer List MinMaxExpr NullTest ParamRef RowExpr " +
    "String TypeCast TypeName").split(" "),
);

/** A name with a schema in front would ask whether something exists there; `reg…` types do so too. */
const NAMED: Readonly<Record<string, string>> = {
  A_Expr: "name",
  ColumnRef: "fields",
  FuncCall: "funcname",
  TypeName: "names",
};

/**
 * Checks that a `where` is one expression and nothing after it, with Postgres's own parser and
 * without asking Postgres; a client's may speak of nothing but the columns of its table. Throws a
 * 400 {@link Refusal}.
 */
export async function checkClause(where: string, writtenBy: "client" | "policy"): Promise<void> {
  const clause = await parseClause(where);
  if (writtenBy === "policy") return;
  for (const { type, fields } of nodes(clause)) {
    if (!NODES.has(type)) {
      throw invalidRequest(
        type === "SubLink"
          ? "where can't hold a subquery: it would read rows that nobody granted."
          : `where can't be used: ${type} is nothing that Electric evaluates.`,
      );
    }
    const path = names(fields[NAMED[type] ?? ""]);
    if ((path.length > 1 && path[0] !== "pg_catalog") || /^reg|^\*$/.test(path.at(-1) ?? "")) {
      throw invalidRequest(`where can't be used: ${path.join(".")} isn't a plain name in it.`);
    }
  }
}

async function parseClause(where: string): Promise<unknown> {
  await loadModule();
  const tree: unknown = await parse(`select where ${where}\n`).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : "it doesn't parse";
    throw invalidRequest(`where can't be used: ${reason}.`);
  });
  const statements = record(tree)["stmts"];
  const [only, ...more] = Array.isArray(statements) ? statements : [];
  const { whereClause, limitOption, op, ...others } = record(
    record(record(only)["stmt"])["SelectStmt"],
  );
  const plain = limitOption === "LIMIT_OPTION_DEFAULT" && op === "SETOP_NONE";
  if (more.length > 0 || !plain || whereClause === undefined || Object.keys(others).length > 0) {
    throw invalidRequest("where can't be used: something other than an expression is in it.");
  }
  return whereClause;
}

/** Every node at or below a value of the tree; its types are written in capitals, fields aren't. */
function* nodes(value: unknown): Generator<{ type: string; fields: Record<string, unknown> }> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodes(item);
    return;
  }
  for (const [name, inner] of Object.entries(record(value))) {
    if (/^[A-Z]/.test(name)) yield { type: name, fields: record(inner) };
    yield* nodes(inner);
  }
}

function names(list: unknown): string[] {
  return (Array.isArray(list) ? list : []).map((item) =>
    "A_Star" in record(item) ? "*" : `${record(record(item)["String"])["sval"] ?? ""}`
  );
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
