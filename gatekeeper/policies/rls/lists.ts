import { isClosed, isConstant } from "./closed.ts";
import { resultOf } from "./operators.ts";
import { isNullConstant } from "./parameters.ts";
import { RlsRefused } from "./refused.ts";
import { NULL, type Null, ofUser, type Rewriting, type Term, type Value } from "./term.ts";
import { type Fields, fieldsOf, namesOf, type Node, paramRef, typeOf } from "./tree.ts";
import { always, type Condition, never, ofNode } from "./truth.ts";
import { checkPlain, digitsOf, elementOf, shortOf, textOfConstant, typeOfCast } from "./types.ts";

/** A list that was computed. */
interface List {
  /** As the text of an array without NULLs. */
  readonly text: string;
  /** Of its elements. */
  readonly type: string;
  readonly hasNull: boolean;
  readonly isEmpty: boolean;
}

/** What is compared: `x`, and what the list is worth where it is a column's. */
export interface Compared {
  readonly left: Value;
  readonly column: () => Value;
}

/**
 * `x = ANY (list)`, `x <> ALL (list)`. Electric doesn't see NULLs in a list, nor lists in lists, so a list of
 * the user's is told of without its NULLs, and a column's by other operators. `ofNull` is `none` where NULL is
 * neither as good as true nor as false.
 */
export function listCondition(
  fields: Fields,
  { left, column }: Compared,
  ofNull: Null | "none",
  rewriting: Rewriting,
): Condition | typeof NULL {
  const { rexpr } = fields;
  if (!isClosed(rexpr) && !isConstant(rexpr)) return inColumn(fields, left, column(), ofNull);
  if (isNullConstant(rexpr)) return NULL;
  const { value, type } = isConstant(rexpr) ? constantList(rexpr) : computedList(rexpr, rewriting);
  if (value === null) return NULL;
  return inList(fields, left, readList(value, type), ofNull, rewriting);
}

function constantList(node: unknown): { value: string; type: string } {
  const { arg, typeName } = fieldsOf(node);
  return { value: textOfConstant(arg), type: typeOfCast(typeName) };
}

function computedList(node: unknown, rewriting: Rewriting): { value: string | null; type: string } {
  const { value, type } = rewriting.valueOf({ ...Object(node) });
  return { value, type: shortOf(type) };
}

/** Reads the text of an array, as Postgres writes it. */
function readList(text: string, type: string): List {
  const inside = /^\{(.*)\}$/s.exec(text)?.[1];
  const parts = inside?.match(/"(?:[^"\\]|\\.)*"|[^,]+/gs) ?? [];
  if (inside === undefined || parts.some((part) => /^[{[]/.test(part))) {
    throw new RlsRefused("a list of lists: give the list itself");
  }
  const known = parts.filter((part) => !/^null$/i.test(part));
  return {
    text: `{${known.join()}}`,
    type: elementOf(type),
    hasNull: known.length < parts.length,
    isEmpty: parts.length === 0,
  };
}

/** A comparison with each of a user's list. */
export function inList(
  fields: Fields,
  left: Value,
  { text, type, hasNull, isEmpty }: List,
  ofNull: Null | "none",
  rewriting: Rewriting,
): Condition | typeof NULL {
  const isAll = fields["kind"] === "AEXPR_OP_ALL";
  // Nothing is in an empty list, not even NULL; and all of it is anything.
  if (isEmpty) return isAll ? always : never;
  if (left === NULL) return NULL;
  if (hasNull && ofNull === "none") {
    throw new RlsRefused("a list that holds NULL: leave NULL out of it");
  }
  // One element that is NULL: ANY is true or NULL, ALL is false or NULL.
  if (hasNull && (ofNull === "true") !== isAll) return isAll ? never : always;
  if (text === "{}") return isAll ? always : never;
  checkPlain(text);
  const numbers = type === "numeric" ? text.slice(1, -1).split(",").map(digitsOf) : [Infinity];
  const element = { ...ofUser({}, type), digits: Math.max(...numbers) };
  resultOf(namesOf(fields["name"]), left, element);
  rewriting.params.push({ value: text, type: `_${type}` });
  const rexpr = paramRef(rewriting.params.length, null);
  return ofNode({ A_Expr: { ...fields, lexpr: left.node, rexpr } });
}

/** `x = ANY (column)`: as `column @> ARRAY[x]`, which is true for the same rows, and of which Electric knows more. */
function inColumn(
  fields: Fields,
  left: Value,
  list: Value,
  ofNull: Null | "none",
): Condition | typeof NULL {
  if (list === NULL) return NULL;
  if (left === NULL && ofNull === "false") return never;
  const isAny = fields["kind"] === "AEXPR_OP_ANY" && namesOf(fields["name"]).join() === "=";
  if (!isAny || ofNull !== "false" || left === NULL) {
    throw new RlsRefused(
      "a list of columns may hold NULLs, which Electric overlooks: only value = ANY (column) can be a shape, and " +
        "not under a NOT",
    );
  }
  const array: Term = { ...left, type: `_${left.type}`, node: arrayNode(left.node) };
  const operator = ["@>"];
  resultOf(operator, list, array);
  const name = operator.map((sval) => ({ String: { sval } }));
  return ofNode({ A_Expr: { kind: "AEXPR_OP", name, lexpr: list.node, rexpr: array.node } });
}

const arrayNode = (element: Node): Node => ({ A_ArrayExpr: { elements: [element] } });

/** The rows of a subquery that reads no table, as a list; `null` where there is none. */
export function listOfSubquery(node: Node, rewriting: Rewriting): List | null {
  const { value, type } = computedList(node, rewriting);
  return value === null ? null : readList(value, type);
}

/** Whether an expression compares with ANY or ALL of a list. */
export function isListComparison(node: unknown): boolean {
  return typeOf(node) === "A_Expr" && /^AEXPR_OP_A(NY|LL)$/.test(`${fieldsOf(node)["kind"]}`);
}
