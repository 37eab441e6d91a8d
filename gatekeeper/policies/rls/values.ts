import { listOf } from "../sql_tree.ts";
import { isClosed, isConstant } from "./closed.ts";
import { columnTerm } from "./columns.ts";
import { type Compared, listCondition } from "./lists.ts";
import { resultOf } from "./operators.ts";
import { computedOf, constantOf } from "./parameters.ts";
import { RlsRefused } from "./refused.ts";
import { isTerm, NULL, ofUser, type Rewriting, type Scope, type Term, type Value } from "./term.ts";
import { type Fields, fieldsOf, namesOf, truthNode, typeOf } from "./tree.ts";
import { nodeOf } from "./truth.ts";
import { checkCast, isWhole, typeOfCast } from "./types.ts";

/** The most digits of an integer: those of -2147483648. */
const WHOLE_DIGITS = 10;

/** Rewrites a value. Throws {@link RlsRefused} for one that Electric can't compute as Postgres does. */
export function valueOf(node: unknown, scope: Scope, rewriting: Rewriting): Value {
  if (typeOf(node) === "RowExpr") {
    throw new RlsRefused("a row is compared: compare its columns one by one");
  }
  if (isConstant(node)) return constantOf(node, rewriting);
  if (isClosed(node)) return computedOf({ ...Object(node) }, rewriting);
  const again = (part: unknown) => valueOf(part, scope, rewriting);
  const fields = fieldsOf(node);
  switch (typeOf(node)) {
    case "ColumnRef":
      return columnTerm(node, scope);
    case "A_Expr":
      return operation(fields, scope, rewriting);
    case "A_ArrayExpr":
      return arrayOf(listOf(fields["elements"]).map(again));
    case "CoalesceExpr":
      return firstOf(listOf(fields["args"]).map(again));
    case "TypeCast":
      return castTerm(again(fields["arg"]), fields);
    case "NullTest":
    case "BooleanTest":
      return testOf(typeOf(node), fields, again(fields["arg"]));
    case "SubLink":
      throw new RlsRefused(
        "a subquery that reads a table stands for a value: write it as IN (SELECT …)",
      );
    case "BoolExpr":
      throw new RlsRefused(
        "a condition stands where a value is computed from: write it with AND and OR",
      );
    case "FuncCall":
      throw new RlsRefused(
        `${
          namesOf(fields["funcname"]).join(".")
        }() of columns: have a column that holds what it gives`,
      );
  }
  throw new RlsRefused(`Electric has no ${typeOf(node)}: have a column that holds what it gives`);
}

function castTerm(value: Value, fields: Fields): Value {
  const type = typeOfCast(fields["typeName"]);
  if (value === NULL) return NULL;
  checkCast(value.type, type);
  if (value.type === "enum") return { ...value, type };
  // Electric compares integers with decimals as they are, and casts nothing to numeric.
  if (type === "numeric") return { ...value, type, digits: WHOLE_DIGITS };
  return { ...value, type, node: { TypeCast: { ...fields, arg: value.node } } };
}

function arrayOf(values: readonly Value[]): Term {
  const terms = values.filter(isTerm);
  const [first] = terms;
  const isSame = terms.length === values.length && terms.every(({ type }) => type === first?.type);
  if (first === undefined || !isSame || first.type === "enum") {
    throw new RlsRefused("an array of columns holds values of several types, or NULL");
  }
  return {
    node: { A_ArrayExpr: { elements: terms.map(({ node }) => node) } },
    type: `_${first.type}`,
    columns: terms.flatMap(({ columns }) => columns),
    digits: Infinity,
  };
}

/** `COALESCE`: NULLs among its values don't count. */
function firstOf(values: readonly Value[]): Value {
  const terms = values.filter(isTerm);
  const [first] = terms;
  if (first === undefined) return NULL;
  if (terms.length === 1) return first;
  if (terms.some(({ type }) => type !== first.type && !(isWhole(type) && isWhole(first.type)))) {
    throw new RlsRefused("COALESCE of values of several types");
  }
  return {
    node: { CoalesceExpr: { args: terms.map(({ node }) => node) } },
    type: first.type,
    columns: terms.flatMap(({ columns }) => columns),
    digits: Math.max(...terms.map(({ digits }) => digits)),
  };
}

/** What the tests give of NULL. */
const OF_NULL = ["IS_NULL", "IS_NOT_TRUE", "IS_NOT_FALSE", "IS_UNKNOWN"];

function testOf(type: string, fields: Fields, arg: Value): Term {
  const test = `${fields["nulltesttype"] ?? fields["booltesttype"]}`;
  if (arg === NULL) return ofUser(truthNode(OF_NULL.includes(test)), "bool");
  const columns = arg.columns;
  return {
    node: { [type]: { ...fields, arg: arg.node } },
    type: "bool",
    columns,
    digits: Infinity,
  };
}

function operation(fields: Fields, scope: Scope, rewriting: Rewriting): Value {
  const kind = `${fields["kind"]}`;
  if (kind === "AEXPR_OP_ANY" || kind === "AEXPR_OP_ALL") {
    const condition = listCondition(
      fields,
      comparedIn(fields, scope, rewriting),
      "none",
      rewriting,
    );
    return condition === NULL ? NULL : ofUser(nodeOf(condition), "bool");
  }
  const right = valueOf(fields["rexpr"], scope, rewriting);
  if (fields["lexpr"] === undefined) {
    throw new RlsRefused("an operator of one operand: write it with two");
  }
  const left = valueOf(fields["lexpr"], scope, rewriting);
  const operator = namesOf(fields["name"]);
  const operate = (left: Term, right: Term): Term => ({
    node: { A_Expr: { ...fields, lexpr: left.node, rexpr: right.node } },
    type: resultOf(operator, left, right),
    columns: [...left.columns, ...right.columns],
    digits: Infinity,
  });
  if (kind === "AEXPR_OP") {
    return isTerm(left) && isTerm(right) ? operate(left, right) : ofNull(operator, left, right);
  }
  if (kind === "AEXPR_DISTINCT" || kind === "AEXPR_NOT_DISTINCT") {
    if (isTerm(left) && isTerm(right)) return operate(left, right);
    const nulltesttype = kind === "AEXPR_DISTINCT" ? "IS_NOT_NULL" : "IS_NULL";
    return testOf("NullTest", { nulltesttype }, left === NULL ? right : left);
  }
  throw new RlsRefused(`Electric has no ${kind}: have a column that holds what it gives`);
}

/** Operators give NULL for NULL, but those that put arrays together. */
function ofNull(operator: readonly string[], left: Value, right: Value): typeof NULL {
  const isText = (value: Value) => value === NULL || value.type === "text";
  if (operator.join() === "||" && !(isText(left) && isText(right))) {
    throw new RlsRefused("NULL is added to an array");
  }
  if (operator.length > 1) {
    throw new RlsRefused(`${operator.join(".")} of NULL is that operator's to say`);
  }
  return NULL;
}

/** What a comparison with each of a list compares. */
export function comparedIn(fields: Fields, scope: Scope, rewriting: Rewriting): Compared {
  return {
    left: valueOf(fields["lexpr"], scope, rewriting),
    column: () => valueOf(fields["rexpr"], scope, rewriting),
  };
}
