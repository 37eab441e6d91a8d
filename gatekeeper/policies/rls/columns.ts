import type { Column } from "./catalogue.ts";
import { RlsRefused } from "./refused.ts";
import type { Scope, Term } from "./term.ts";
import { columnRef, fieldsOf, namesOf, type Node, typeOf } from "./tree.ts";
import { checkReads } from "./types.ts";

/** The column of a scope's table that a node names; `null` where it names none of it. */
export function columnOf(node: unknown, { table, alias }: Scope): Column | null {
  if (typeOf(node) !== "ColumnRef") return null;
  const path = namesOf(fieldsOf(node)["fields"]);
  const [name = ""] = path.slice(-1);
  const isOurs = path.length === 1 || (path.length === 2 && path[0] === alias);
  return isOurs ? table.columns.find((column) => column.name === name) ?? null : null;
}

/** Throws {@link RlsRefused} for a column that the role may not select. */
export function checkGranted({ name, granted }: Column, { table, checked }: Scope): void {
  if (granted || !checked) return;
  throw new RlsRefused(
    `the role may not select ${name} of ${table.schema}.${table.name}: grant it`,
  );
}

/** A column as a value. Throws {@link RlsRefused} for one of another table, or that Electric can't read. */
export function columnTerm(node: unknown, scope: Scope): Term {
  const column = columnOf(node, scope);
  if (column === null) {
    const path = namesOf(fieldsOf(node)["fields"]).join(".");
    throw new RlsRefused(
      `${path} is of another table: a subquery may only be tied to the row by inner.column = column`,
    );
  }
  checkGranted(column, scope);
  checkReads(column);
  const term = { node: columnRef(column.name), type: column.type, columns: [column] };
  // Electric (1.7.12) reads no enum; as a text it does.
  if (column.type === "enum") return { ...term, node: cast(term.node, "text"), digits: Infinity };
  return { ...term, digits: column.digits ?? Infinity };
}

const cast = (arg: Node, type: string): Node => ({
  TypeCast: { arg, typeName: { names: [{ String: { sval: type } }], typemod: -1 } },
});
