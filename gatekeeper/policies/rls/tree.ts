import { listOf, record } from "../sql_tree.ts";

/** A node of Postgres's parse tree, as libpg_query writes it: `{"ColumnRef": {…}}`. */
export type Node = Readonly<Record<string, unknown>>;

export type Fields = Readonly<Record<string, unknown>>;

/** A node's type; empty for what is none. */
export function typeOf(node: unknown): string {
  return Object.keys(record(node))[0] ?? "";
}

/** A node's fields. */
export function fieldsOf(node: unknown): Fields {
  return record(record(node)[typeOf(node)]);
}

/** The texts of a list of `String` nodes: `["members", "user_id"]`; of a star, `*`. */
export function namesOf(list: unknown): string[] {
  return listOf(list).map((item) => {
    const { sval } = fieldsOf(item);
    return typeOf(item) === "A_Star" ? "*" : typeof sval === "string" ? sval : "";
  });
}

/** Every node below a value of the tree, itself included. */
export function* allNodes(tree: unknown): Generator<Node> {
  const ahead: unknown[] = [tree];
  while (ahead.length > 0) {
    const value = ahead.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value) && /^[A-Z]/.test(typeOf(value))) yield record(value);
    ahead.push(...Object.values(value));
  }
}

const text = (sval: string): Node => ({ String: { sval } });

/** A column's name, without its table's. */
export const columnRef = (name: string): Node => ({ ColumnRef: { fields: [text(name)] } });

/** `$n`, with a cast to a type of Postgres's, where there is one. */
export function paramRef(number: number, type: string | null): Node {
  const param = { ParamRef: { number } };
  if (type === null) return param;
  return { TypeCast: { arg: param, typeName: { names: [text(type)], typemod: -1 } } };
}

/** A tree whose parameters have other numbers. */
export function renumber(tree: Node, numberOf: (number: number) => number): Node {
  return mapNode(tree, (node) => {
    if (typeOf(node) !== "ParamRef") return node;
    return { ParamRef: { number: numberOf(Number(fieldsOf(node)["number"])) } };
  });
}

/** A tree whose nodes `map` may have replaced, each before what is inside it. */
export function mapNode(node: Node, map: (node: Node) => Node): Node {
  const mapValue = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mapValue);
    return typeof value === "object" && value !== null ? mapNode(record(value), map) : value;
  };
  const entries = Object.entries(map(node)).map(([name, value]) => [name, mapValue(value)]);
  return Object.fromEntries(entries);
}

export const truthNode = (value: boolean): Node => ({ A_Const: { boolval: { boolval: value } } });

/** What AND joins, also in an AND inside it; a condition that is no AND is its only part. */
export function conjuncts(condition: unknown): Node[] {
  const { boolop, args } = fieldsOf(condition);
  const isAnd = typeOf(condition) === "BoolExpr" && boolop === "AND_EXPR";
  return isAnd ? listOf(args).flatMap(conjuncts) : [record(condition)];
}

export const and = (args: readonly Node[]): Node => ({ BoolExpr: { boolop: "AND_EXPR", args } });
export const or = (args: readonly Node[]): Node => ({ BoolExpr: { boolop: "OR_EXPR", args } });
export const not = (arg: Node): Node => ({ BoolExpr: { boolop: "NOT_EXPR", args: [arg] } });

/**
 * `left IN (SELECT columns FROM table WHERE where)`; several columns are a row's. Electric (1.7.12)
 * sorts the selected columns by name, whatever order they were written in, and not what stands left
 * of IN: another order would look values up in the wrong columns. The table has its schema: without, it is
 * whichever a search_path finds.
 */
export function inSelect(
  left: readonly Node[],
  columns: readonly string[],
  table: { readonly schema: string; readonly name: string },
  where: Node | null,
): Node {
  const pairs = columns.map((name, i) => ({ name, value: left[i] }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const [first] = left;
  const args = pairs.map(({ value }) => value);
  const row = { RowExpr: { args, row_format: "COERCE_IMPLICIT_CAST" } };
  const subselect = {
    SelectStmt: {
      targetList: pairs.map(({ name }) => ({ ResTarget: { val: columnRef(name) } })),
      fromClause: [{
        RangeVar: {
          schemaname: table.schema,
          relname: table.name,
          inh: true,
          relpersistence: "p",
        },
      }],
      ...(where !== null && { whereClause: where }),
      limitOption: "LIMIT_OPTION_DEFAULT",
      op: "SETOP_NONE",
    },
  };
  const testexpr = left.length === 1 && first !== undefined ? first : row;
  return { SubLink: { subLinkType: "ANY_SUBLINK", testexpr, subselect } };
}
