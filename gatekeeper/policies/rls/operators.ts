import { RlsRefused } from "./refused.ts";
import type { Term } from "./term.ts";
import { isWhole } from "./types.ts";

const EQUAL = ["=", "<>"];
const ORDER = ["<", ">", "<=", ">="];
const ARITHMETIC = ["+", "-", "*", "/"];
const SETS = ["@>", "<@", "&&"];

/** What is told apart by `=`, and put in an order by `<`, in Electric as in Postgres. */
const ORDERED = ["date", "float4", "float8", "time", "timestamp", "timestamptz", "uuid"];
const SET_TYPES = ["_bool", "_int2", "_int4", "_int8", "_text", "_uuid"];

/** Beyond that many, two decimals may be one floating-point number, which is what Electric reads them as. */
const MAX_DIGITS = 15;

/**
 * The type of what an operator of Postgres's own gives. Throws {@link RlsRefused} unless Electric (1.7.12, its
 * `known_functions.ex`) has it for these types and gives the same.
 */
export function resultOf(operator: readonly string[], left: Term, right: Term): string {
  // One of a schema is somebody's own: Postgres writes its own without.
  const name = operator.join(".");
  const lacking = () =>
    new RlsRefused(
      `Electric has no ${name} of ${left.type} and ${right.type} that gives what Postgres's does: have a ` +
        "column that holds what it gives",
    );
  checkCollation(left, right);
  const isSame = left.type === right.type;
  const areWhole = isWhole(left.type) && isWhole(right.type);
  if (
    EQUAL.includes(name) && (areWhole || (isSame && left.type === "bool") || areLabels(left, right))
  ) {
    return "bool";
  }
  if ([...EQUAL, ...ORDER].includes(name)) {
    if (areWhole || (isSame && ORDERED.includes(left.type))) return "bool";
    if (isSame && left.type === "numeric") return ofDecimals(left, right);
    if (isSame && left.type === "text" && EQUAL.includes(name)) return "bool";
    if (isSame && left.type === "text") return ofOrder(left, right);
  }
  if (ARITHMETIC.includes(name) && areWhole) {
    return [left.type, right.type].toSorted().at(-1) ?? "int8";
  }
  if (name === "||" && isSame && left.type === "text") return "text";
  if (SETS.includes(name) && isSame && SET_TYPES.includes(left.type)) return "bool";
  throw lacking();
}

/** An enum's labels, which are compared as texts: Postgres has no `=` of its own for two different enums. */
function areLabels(left: Term, right: Term): boolean {
  const isEnum = ({ type }: Term) => type === "enum";
  const isLabel = (term: Term) => isEnum(term) || term.columns.length === 0;
  return (isEnum(left) && isLabel(right)) || (isEnum(right) && isLabel(left));
}

/** Throws {@link RlsRefused} for texts that are equal though their bytes aren't. */
export function checkCollation(...terms: readonly Term[]): void {
  const column = terms.flatMap(({ columns }) => columns).find(({ exact }) => !exact);
  if (column === undefined) return;
  throw new RlsRefused(
    `the collation of ${column.name} isn't deterministic, and Electric compares bytes: have a column of ` +
      "another collation",
  );
}

function ofOrder(left: Term, right: Term): "bool" {
  const columns = [...left.columns, ...right.columns];
  if (columns.length > 0 && columns.every(({ bytewise }) => bytewise)) return "bool";
  const names = columns.map(({ name }) => name).join(" and ");
  throw new RlsRefused(
    `texts (${names}) are put in the order of a language, and Electric compares bytes: give the column ` +
      'the collation "C"',
  );
}

function ofDecimals(left: Term, right: Term): "bool" {
  if (left.digits <= MAX_DIGITS && right.digits <= MAX_DIGITS) return "bool";
  throw new RlsRefused(
    `Electric reads numeric as floating-point numbers, which are exact up to ${MAX_DIGITS} digits: use ` +
      `numeric(${MAX_DIGITS}, 2), say, or an integer`,
  );
}
