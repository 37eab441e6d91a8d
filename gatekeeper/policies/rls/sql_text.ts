import QuickLRU from "quick-lru";
import { listOf, ParserMissing, parseStatement } from "../sql_tree.ts";
import { RlsRefused } from "./refused.ts";
import { fieldsOf, type Node } from "./tree.ts";

// Policies are few, and the same for all users: what differs between these are parameters.
const MAX_KNOWN = 1000;
const parsed = new QuickLRU<string, Node>({ maxSize: MAX_KNOWN });
/** By the tree, as JSON. */
const printed = new QuickLRU<string, string>({ maxSize: MAX_KNOWN });

/** Parses an expression that Postgres printed. */
export async function parseExpression(text: string): Promise<Node> {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const select = await parse(`SELECT ${text}`);
  const [target] = listOf(select["targetList"]);
  const { val } = fieldsOf(target);
  const tree: Node = { ...Object(val) };
  parsed.set(text, tree);
  return tree;
}

async function parse(sql: string) {
  try {
    return await parseStatement(sql);
  } catch (error) {
    throw error instanceof ParserMissing ? missing("libpg-query", error) : error;
  }
}

/** Prints an expression. */
export async function printExpression(tree: Node): Promise<string> {
  const key = JSON.stringify(tree);
  const known = printed.get(key);
  if (known !== undefined) return known;
  const text = await print(tree);
  printed.set(key, text);
  return text;
}

async function print(tree: Node): Promise<string> {
  const { deparse } = await loadDeparser();
  const select = {
    SelectStmt: {
      targetList: [{ ResTarget: { val: tree } }],
      limitOption: "LIMIT_OPTION_DEFAULT",
      op: "SETOP_NONE",
    },
  };
  const statement: unknown = { version: 170000, stmts: [{ stmt: select }] };
  if (!isStatement(statement)) throw new TypeError("no statement");
  const text = await deparse(statement, { pretty: false });
  return text.replace(/^SELECT\s+/i, "").replace(/;\s*$/, "").trim();
}

type Deparse = typeof import("pgsql-deparser")["deparse"];

/** Trees come from the parser, or are made of the same nodes. */
function isStatement(value: unknown): value is Parameters<Deparse>[0] {
  return typeof value === "object" && value !== null;
}

/** Loaded when it is first needed: most gatekeepers have no such policy. */
async function loadDeparser() {
  try {
    return await import("pgsql-deparser");
  } catch (cause) {
    throw missing("pgsql-deparser", cause);
  }
}

function missing(name: string, cause: unknown): RlsRefused {
  const error = new RlsRefused(
    `the package ${name} isn't there, which rls needs: npm install ${name}; on Deno and Supabase, have it in ` +
      `the imports of deno.json, and import "${name}" in index.ts`,
  );
  error.cause = cause;
  return error;
}
