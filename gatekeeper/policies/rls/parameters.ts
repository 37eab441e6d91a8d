import { NULL, ofUser, type Rewriting, type Term, type Value } from "./term.ts";
import { fieldsOf, type Node, paramRef, typeOf } from "./tree.ts";
import { castOf, checkValue, digitsOf, shortOf, textOfConstant, typeOfCast } from "./types.ts";

/** A constant as it stands, or as a parameter where Electric can't read it in a clause. */
export function constantOf(node: unknown, rewriting: Rewriting): Value {
  if (isNullConstant(node)) return NULL;
  const { arg, typeName } = fieldsOf(node);
  const isCast = typeOf(node) === "TypeCast";
  const text = textOfConstant(isCast ? arg : node);
  const type = isCast ? typeOfCast(typeName) : typeOfConstant(node);
  if (type !== "numeric" && castOf(type) !== null) {
    checkValue(type, text);
    return ofUser({ ...Object(node) }, type);
  }
  return parameter(text, type, rewriting);
}

function typeOfConstant(node: unknown): string {
  const { fval, boolval, sval } = fieldsOf(node);
  if (fval !== undefined) return "numeric";
  if (boolval !== undefined) return "bool";
  return sval === undefined ? "int4" : "text";
}

export function isNullConstant(node: unknown): boolean {
  const constant = typeOf(node) === "TypeCast" ? fieldsOf(node)["arg"] : node;
  return fieldsOf(constant)["isnull"] === true;
}

/** A computed value as a parameter, of its own type where Electric has that. */
export function computedOf(node: Node, rewriting: Rewriting): Value {
  const { value, type } = rewriting.valueOf(node);
  return value === null ? NULL : parameter(value, shortOf(type), rewriting);
}

function parameter(value: string, type: string, { params }: Rewriting): Term {
  checkValue(type, value);
  params.push({ value, type });
  const term = ofUser(paramRef(params.length, castOf(type)), type);
  return type === "numeric" ? { ...term, digits: digitsOf(value) } : term;
}
