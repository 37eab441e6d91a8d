/** A node of Postgres's parse tree: its type and its fields. */
export interface SqlNode {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Byte offset in the parsed text; 0 where the tree has none. */
  readonly location: number;
}

/** Why Electric refuses a piece of SQL, in its words. */
export class SqlRefused extends Error {
  /** Stable name of this kind of error. */
  readonly code = "SQL_REFUSED";
}

/** The parser isn't there, or its file may not be read: nothing is known about the clause. */
export class ParserMissing extends Error {
  /** Stable name of this kind of error. */
  readonly code = "PARSER_MISSING";
}

/**
 * What Electric overlooks behind an ORDER BY, with whatever is in it: up to 1.7.12 it looks for a
 * `limit_clause`, and libpg_query knows only these. So order_by reads other tables there, and here.
 */
const OVERLOOKED = ["limitCount", "limitOffset"];

/**
 * Parses one SELECT with Postgres's own parser (libpg_query, as Electric does) and returns the one
 * clause asked for. Throws {@link SqlRefused} when it doesn't parse, is several statements or has
 * any other clause: what follows `where` must be an expression and nothing more.
 */
export async function parseClause(
  sql: string,
  clause: "whereClause" | "sortClause",
): Promise<unknown> {
  const statement = await parseStatement(sql);
  const { targetList: _, limitOption: _option, op, [clause]: found, ...others } = statement;
  const overlooked = clause === "sortClause" ? OVERLOOKED : [];
  const more = Object.keys(others).filter((name) => !overlooked.includes(name));
  if (found === undefined || more.length > 0 || op !== "SETOP_NONE") {
    throw new SqlRefused("malformed query ending with SQL clauses");
  }
  return found;
}

/** Parses one SELECT and returns its parts. Throws {@link SqlRefused}. */
export async function parseStatement(sql: string): Promise<Record<string, unknown>> {
  const statements = (await parseOrRefuse(sql)).stmts;
  const statement = Array.isArray(statements) && statements.length === 1
    ? record(record(statements[0]).stmt).SelectStmt
    : undefined;
  if (statement === undefined) throw new SqlRefused('unescaped ";" causing statement split');
  return record(statement);
}

/** How deep a tree may be, in objects and lists; Electric and Postgres walk it by recursion. */
const MAX_DEPTH = 4000;

/** A part of the tree that is still to be looked at. */
interface Part {
  /** Its name in the object that holds it; empty in a list. */
  readonly name: string;
  readonly value: unknown;
  readonly depth: number;
}

/**
 * Every node below (and including) a value of the tree, parents first; not what is in a `closed` type.
 * Throws {@link SqlRefused} for a tree that is too deep.
 */
export function* nodes(tree: unknown, closed?: string): Generator<SqlNode> {
  // By hand, for generators within generators take the square of the depth.
  const ahead: Part[] = [{ name: "", value: tree, depth: 0 }];
  for (let part; (part = ahead.pop()) !== undefined;) {
    const { name, value, depth } = part;
    if (depth > MAX_DEPTH) throw new SqlRefused("it is nested too deeply");
    // The tree's types are written in capitals, their fields in lower case.
    if (/^[A-Z]/.test(name)) {
      const fields = record(value);
      const location = typeof fields.location === "number" ? fields.location : 0;
      yield { type: name, fields, location };
    }
    if (name !== "" && name === closed) continue;
    const parts = partsOf(value, depth + 1);
    // The last goes first onto the stack, so that the first comes off it first.
    for (let i = parts.length - 1; i >= 0; i--) ahead.push(parts[i] ?? part);
  }
}

function partsOf(value: unknown, depth: number): Part[] {
  if (Array.isArray(value)) return value.map((item) => ({ name: "", value: item, depth }));
  return Object.entries(record(value)).map(([name, inner]) => ({ name, value: inner, depth }));
}

/** The strings of a list of `String` nodes, as names are given: `["pg_catalog", "timezone"]`. */
export function names(list: unknown): string[] {
  return [...nodes(list)].flatMap(({ type, fields }) =>
    type === "String" ? [`${fields.sval ?? ""}`] : type === "A_Star" ? ["*"] : []
  );
}

/** Loaded at the first clause, so that starting doesn't pay for it. */
async function loadParser() {
  try {
    const { loadModule, parse } = await import("libpg-query");
    await loadModule();
    return parse;
  } catch (cause) {
    throw new ParserMissing("Postgres's parser (npm:libpg-query) can't be loaded", { cause });
  }
}

/** Whether clauses can be parsed here at all. */
export async function canParse(): Promise<boolean> {
  return await loadParser().then(() => true, () => false);
}

async function parseOrRefuse(sql: string): Promise<Record<string, unknown>> {
  const parse = await loadParser();
  try {
    return record(await parse(sql));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const details = "sqlDetails" in error ? record(error.sqlDetails) : {};
    const at = details.cursorPosition;
    throw new SqlRefused(
      typeof at === "number" ? `At location ${at}: ${error.message}` : error.message,
    );
  }
}

/** A value of the tree as its fields; what has none is empty. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** A list of the tree; what is none is empty. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
